#include "index/files.hpp"

#include "base/descriptor.hpp"
#include "rag/error.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace rag::index {
namespace {

struct Mapping {
    void* data = nullptr;
    std::size_t size = 0;

    Mapping(void* data_, std::size_t size_) : data(data_), size(size_) {}
    ~Mapping() { ::munmap(data, size); }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
};

std::optional<SharedBytes> map_descriptor(const Descriptor& file) {
    struct stat info{};
    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size <= 0) {
        return std::nullopt;
    }
    const auto size = static_cast<std::size_t>(info.st_size);
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
    if (data == MAP_FAILED) {
        return std::nullopt;
    }
    SharedBytes bytes;
    bytes.owner = std::make_shared<Mapping>(data, size);
    bytes.bytes = {static_cast<const std::byte*>(data), size};
    bytes.storage = ByteStorage::file;
    return bytes;
}

bool write_all(int file, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

[[noreturn]] void fail(const char* what) {
    throw Error(ErrorCode::unavailable, std::string("The snapshot of the search index cannot be ") +
                                            what + ": " + std::generic_category().message(errno) +
                                            ".");
}

}  // namespace

std::optional<SharedBytes> map_file(const std::filesystem::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return file.is_open() ? map_descriptor(file) : std::nullopt;
}

void read_ahead(const SharedBytes& bytes) {
    if (bytes.storage == ByteStorage::file && !bytes.bytes.empty()) {
        ::madvise(const_cast<std::byte*>(bytes.bytes.data()), bytes.bytes.size(), MADV_WILLNEED);
    }
}

SharedBytes move_to_file(const SharedBytes& bytes, const std::filesystem::path& folder) {
    std::string name = (folder / "index.XXXXXX").string();
    const Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
    if (!file.is_open()) {
        return bytes;
    }
    ::unlink(name.c_str());
    if (!write_all(file.get(), bytes.bytes)) {
        return bytes;
    }
    return map_descriptor(file).value_or(bytes);
}

void write_file(const std::filesystem::path& path,
                std::span<const std::span<const std::byte>> parts) {
    const std::string temporary = path.string() + '.' + std::to_string(::getpid()) + ".tmp";
    const Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file.is_open()) {
        fail("made");
    }
    bool whole = true;
    for (const auto part : parts) {
        whole = whole && write_all(file.get(), part);
    }
    if (!whole || ::fsync(file.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
        const int reason = errno;
        ::unlink(temporary.c_str());
        errno = reason;
        fail("written");
    }
    const Descriptor folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.is_open()) {
        ::fsync(folder.get());
    }
}

void release_free_memory() {
#if defined(__GLIBC__)
    ::malloc_trim(0);
#endif
}

}  // namespace rag::index
