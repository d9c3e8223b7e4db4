#pragma once

#include <string>

namespace rag::test {

/// SQL of the tests' own that makes the tables that the reference system makes, with some content:
/// two collections, five documents (one of them in no collection, one in two), seven chunks, one of
/// which has no vector. `dimensions` is 1536 there.
std::string reference_tables_sql(int dimensions = 1536);

/// What a take-over must leave as it is: every row of these tables as one text.
std::string reference_digest_sql();

}  // namespace rag::test
