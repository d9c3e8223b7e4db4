#pragma once

#include "storage/postgres_pool.hpp"

#include <string>

namespace rag::storage {

/// Makes crawls of ours of the pages among these documents (an array in SQL's form), which are in
/// our tables by now: the reference system tells crawls by the metadata of their pages alone. Then
/// a site that was crawled there is known here, and a recrawl finds its pages.
void take_crawls(PostgresTransaction& transaction, const std::string& documents);

}  // namespace rag::storage
