#pragma once

#include "base/json.hpp"
#include "rag/search.hpp"

#include <string_view>

/// What `rag search --explain` and its `--json` show of how a search was answered.
namespace rag::memory {

Json hit_explanation_form(const SearchHit& hit);
/// Null where no explanation was asked for.
Json search_explanation_form(const SearchResult& result);

/// "store", "fallback", "scan" or "graph".
std::string_view to_string(SearchPath path);

}  // namespace rag::memory
