#pragma once

#include "rag/document.hpp"
#include "rag/metadata_filter.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rag::index {

class Segment;

/// What the inverted sets of a segment are kept under: one token for each top-level key, and one
/// for each scalar that stands under a key by itself or as an element of an array.
std::string key_token(const std::string& key);
std::string value_token(const std::string& key, const nlohmann::json& scalar);

/// All tokens of effective metadata; may hold repeats.
std::vector<std::string> list_tokens(const Metadata& effective);

/// A text that two filters share only if they have the same conditions.
std::string cache_key(const MetadataFilter& filter);

}  // namespace rag::index
