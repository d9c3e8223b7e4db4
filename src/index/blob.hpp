#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rag::index {

enum class ByteStorage {
    memory,
    file,  ///< Mapped: the kernel may take the pages back.
};

/// Bytes that live as long as somebody holds `owner`: a buffer, or a part of a mapped file.
struct SharedBytes {
    std::shared_ptr<const void> owner;
    std::span<const std::byte> bytes;  ///< Begins at a multiple of blob_alignment.
    ByteStorage storage = ByteStorage::memory;
};

constexpr std::size_t blob_alignment = 64;
constexpr std::size_t blob_sections_max = 32;

/// Puts arrays one after the other into one run of bytes that can be written to a file and read in
/// place. The table of where they are stands at the front.
class BlobWriter {
public:
    BlobWriter();

    /// Each number below blob_sections_max at most once.
    template <class T>
    void add(std::size_t section, std::span<const T> values) {
        static_assert(std::is_trivially_copyable_v<T>);
        add_bytes(section, std::as_bytes(values));
    }
    template <class T>
    void add(std::size_t section, const std::vector<T>& values) {
        add(section, std::span<const T>(values));
    }
    void add(std::size_t section, std::string_view text) {
        add_bytes(section, std::as_bytes(std::span(text.data(), text.size())));
    }
    /// Room for `size` bytes, to be filled before the next call.
    std::span<std::byte> reserve(std::size_t section, std::size_t size);

    /// For growing arrays of unknown size, so that the buffer is allocated once.
    void expect_bytes(std::size_t size);

    SharedBytes finish();

private:
    void add_bytes(std::size_t section, std::span<const std::byte> bytes);

    struct Buffer;
    std::shared_ptr<Buffer> buffer_;
};

/// The arrays of what a BlobWriter made.
class Blob {
public:
    Blob() = default;
    /// Throws Error{corrupt} when the table does not fit the bytes.
    explicit Blob(SharedBytes bytes);

    template <class T>
    std::span<const T> section(std::size_t number) const {
        const auto bytes = section_bytes(number);
        return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
    }
    std::span<const std::byte> section_bytes(std::size_t number) const;
    std::string_view text(std::size_t number) const {
        const auto bytes = section_bytes(number);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    std::span<const std::byte> bytes() const { return bytes_.bytes; }
    ByteStorage storage() const { return bytes_.storage; }

private:
    SharedBytes bytes_;
};

}  // namespace rag::index
