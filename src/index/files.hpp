#pragma once

#include "index/blob.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace rag::index {

/// A file's bytes, mapped for reading as long as somebody holds them; null when it cannot be read.
/// Whoever replaces such a file renames another over it.
std::optional<SharedBytes> map_file(const std::filesystem::path& path);

/// Has the kernel read mapped bytes that will all be needed, which takes it a fraction of the time
/// of reading them page by page as they are touched. A hint: nothing depends on it.
void read_ahead(const SharedBytes& bytes);

/// The same bytes in a file without a name: memory that the kernel may take back while they are not
/// used. Where that fails, what was given.
SharedBytes move_to_file(const SharedBytes& bytes, const std::filesystem::path& folder);

/// Writes the parts as one file, whole or not at all, and durable when it returns. Throws
/// Error{unavailable} without a name of the path.
void write_file(const std::filesystem::path& path,
                std::span<const std::span<const std::byte>> parts);

/// Gives memory that was freed back to the system.
void release_free_memory();

}  // namespace rag::index
