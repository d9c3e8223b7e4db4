#include "storage/frontier_states.hpp"

#include "rag/error.hpp"

#include <algorithm>
#include <array>

namespace rag::storage {
namespace {

constexpr std::array<std::string_view, 6> names{"waiting", "done",  "failed",
                                                "gone",    "moved", "forbidden"};

}  // namespace

std::string_view state_text(FrontierState state) {
    return names.at(static_cast<std::size_t>(state));
}

FrontierState read_frontier_state(std::string_view text) {
    const auto* const found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) {
        throw Error(ErrorCode::corrupt, "The database holds a page in an unknown state.");
    }
    return static_cast<FrontierState>(found - names.begin());
}

void throw_session_over(const CrawlKey& key) {
    throw Error(ErrorCode::conflict, "Another crawl of '" + key.root_url +
                                         "' began meanwhile, and this one ends; see `rag jobs "
                                         "list` for the other.");
}

void throw_crawled_collection_missing() {
    throw Error(ErrorCode::not_found, "The collection was deleted while it was being filled.");
}

}  // namespace rag::storage
