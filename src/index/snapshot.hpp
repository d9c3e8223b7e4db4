#pragma once

#include "index/state.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace rag::index {

/// Writes the state as one file that load_snapshot reads in place: magic, version and checksum,
/// then what source and position it belongs to, then the segments. Throws Error{unavailable}.
void save_snapshot(const std::filesystem::path& path, const std::string& source,
                   const State& state);

/// The state in the file; null when there is none, or it is damaged, of another version of the form
/// or of another source. Whether its position still means something is for the source to say.
std::shared_ptr<const State> load_snapshot(const std::filesystem::path& path,
                                           const std::string& source);

}  // namespace rag::index
