#pragma once

#include "contract/store_under_test.hpp"

namespace rag::contract {

/// What rag/search_index.hpp promises, on data that are made through the store beside it.
const std::vector<Promise>& search_promises();

/// Fills `tested` and a FakeStore with the same random documents, changes and deletes some of them,
/// and compares what random questions under random filters give.
void check_against_fake(StoreUnderTest& tested, unsigned seed);

void check_search_index(const MakeStore& make);

}  // namespace rag::contract
