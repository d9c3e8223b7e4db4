#include "index/blob.hpp"

#include "rag/error.hpp"

#include <new>

namespace rag::index {
namespace {

struct SectionRow {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};
using Table = std::array<SectionRow, blob_sections_max>;

std::size_t round_up(std::size_t size) {
    return (size + blob_alignment - 1) / blob_alignment * blob_alignment;
}

/// So that reading eight bytes at the end of any section stays inside.
constexpr std::size_t tail_bytes = blob_alignment;

template <class T>
struct AlignedAllocator {
    using value_type = T;
    AlignedAllocator() = default;
    template <class U>
    explicit AlignedAllocator(const AlignedAllocator<U>& /*other*/) {}
    T* allocate(std::size_t count) {
        return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{blob_alignment}));
    }
    void deallocate(T* data, std::size_t count) {
        ::operator delete(data, count * sizeof(T), std::align_val_t{blob_alignment});
    }
    bool operator==(const AlignedAllocator&) const = default;
};

}  // namespace

struct BlobWriter::Buffer {
    std::vector<std::byte, AlignedAllocator<std::byte>> bytes;
    Table table{};
};

BlobWriter::BlobWriter() : buffer_(std::make_shared<Buffer>()) {
    buffer_->bytes.resize(round_up(sizeof(Table)));
}

void BlobWriter::expect_bytes(std::size_t size) {
    buffer_->bytes.reserve(buffer_->bytes.size() + size + blob_sections_max * blob_alignment +
                           tail_bytes);
}

std::span<std::byte> BlobWriter::reserve(std::size_t section, std::size_t size) {
    auto& bytes = buffer_->bytes;
    const std::size_t offset = bytes.size();
    bytes.resize(round_up(offset + size));
    buffer_->table.at(section) = {offset, size};
    return std::span(bytes).subspan(offset, size);
}

void BlobWriter::add_bytes(std::size_t section, std::span<const std::byte> bytes) {
    const auto room = reserve(section, bytes.size());
    if (!bytes.empty()) {
        std::memcpy(room.data(), bytes.data(), bytes.size());
    }
}

SharedBytes BlobWriter::finish() {
    auto& bytes = buffer_->bytes;
    bytes.resize(bytes.size() + tail_bytes);
    std::memcpy(bytes.data(), &buffer_->table, sizeof(Table));
    const std::span<const std::byte> all(bytes);
    return {std::move(buffer_), all, ByteStorage::memory};
}

Blob::Blob(SharedBytes bytes) : bytes_(std::move(bytes)) {
    const std::size_t size = bytes_.bytes.size();
    if (size < sizeof(Table) + tail_bytes) {
        throw Error(ErrorCode::corrupt, "A segment of the search index is cut short.");
    }
    Table table;
    std::memcpy(&table, bytes_.bytes.data(), sizeof table);
    for (const SectionRow& row : table) {
        if (row.offset % blob_alignment != 0 || row.offset > size - tail_bytes ||
            row.size > size - tail_bytes - row.offset) {
            throw Error(ErrorCode::corrupt, "A segment of the search index is damaged.");
        }
    }
}

std::span<const std::byte> Blob::section_bytes(std::size_t number) const {
    SectionRow row;
    std::memcpy(&row, bytes_.bytes.data() + number * sizeof row, sizeof row);
    return bytes_.bytes.subspan(row.offset, row.size);
}

}  // namespace rag::index
