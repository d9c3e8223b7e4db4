#pragma once

#include "contract/store_under_test.hpp"

namespace rag::contract {

/// What rag/store.hpp promises, by the part of the port.
const std::vector<Promise>& collection_promises();
const std::vector<Promise>& document_promises();
const std::vector<Promise>& version_promises();
const std::vector<Promise>& reading_promises();
const std::vector<Promise>& job_promises();
const std::vector<Promise>& feed_promises();

/// All of them.
void check_store(const MakeStore& make);

}  // namespace rag::contract
