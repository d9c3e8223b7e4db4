#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace rag::embed {

/// A file's bytes, mapped for reading while the object lives. Whoever replaces such a file must
/// write a new one and rename it: shortening it in place takes the pages away under the reader.
class MappedFile {
public:
    /// Throws Error{invalid_argument} that names the path when it is no readable regular file or
    /// longer than `bytes_max`.
    MappedFile(const std::filesystem::path& path, std::size_t bytes_max);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return {data_, size_}; }

private:
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace rag::embed
