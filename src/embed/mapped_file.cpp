#include "embed/mapped_file.hpp"

#include "base/descriptor.hpp"
#include "rag/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rag::embed {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const char* why) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("The embedding model's file {} {}; name a Model2Vec folder in "
                            "RAG_EMBEDDING_MODEL.",
                            path.string(), why));
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path, std::size_t bytes_max) {
    // Non-blocking, so that a pipe in the file's place cannot hold the start-up.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status{};
    if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        refuse(path, "cannot be read");
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0) {
        refuse(path, "is empty");
    }
    if (size > bytes_max) {
        refuse(path, "is too long");
    }
    void* const data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
    if (data == MAP_FAILED) {
        refuse(path, "cannot be mapped");
    }
    data_ = static_cast<const std::byte*>(data);
    size_ = size;
}

MappedFile::~MappedFile() {
    ::munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace rag::embed
