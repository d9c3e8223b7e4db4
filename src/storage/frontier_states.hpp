#pragma once

#include "rag/crawl_frontier.hpp"

#include <string_view>

/// How both databases write what a crawl knows.
namespace rag::storage {

std::string_view state_text(FrontierState state);

/// Throws Error{corrupt} for a text that no state has.
FrontierState read_frontier_state(std::string_view text);

[[noreturn]] void throw_session_over(const CrawlKey& key);
[[noreturn]] void throw_crawled_collection_missing();

}  // namespace rag::storage
