#pragma once

#include "contract/store_under_test.hpp"

namespace rag::contract {

/// What rag/crawl_frontier.hpp promises.
const std::vector<Promise>& frontier_promises();

}  // namespace rag::contract
