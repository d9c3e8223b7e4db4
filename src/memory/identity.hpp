#pragma once

#include "rag/document.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What makes two documents of a collection "the same": the file they were read from, the URL they
/// were fetched from, or title and content of a text that was handed over. At most one document of
/// a collection has a given identity. Identities are at most identity_bytes_max long, so that every
/// database can index them; a longer one keeps its beginning and ends in the hash of the whole.
namespace rag::memory {

constexpr std::size_t identity_bytes_max = 1024;

std::string file_identity(std::string_view absolute_path);
/// What the identities of all files below the folder begin with (folders up to 900 bytes).
std::string folder_identity_prefix(std::string_view absolute_path);
/// The path that file_identity was given; null where only its beginning is known.
std::optional<std::string> path_of(std::string_view file_identity);

std::string url_identity(std::string_view normalised_url);

/// `title` is empty for a text without one: such texts are the same when their content is.
std::string text_identity(std::string_view title, const ContentHash& hash);

/// SHA-256 in lower-case hex.
ContentHash content_hash(std::string_view content);

}  // namespace rag::memory
