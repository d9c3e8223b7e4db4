#pragma once

#include "contract/store_under_test.hpp"
#include "support/own_schema.hpp"

#include <memory>
#include <string>

/// The kinds of store that the contracts are checked on.
namespace rag::test {

std::unique_ptr<contract::StoreUnderTest> make_fake();

/// In a file of its own, in a folder of its own.
std::unique_ptr<contract::StoreUnderTest> make_sqlite();

/// In a schema of its own on the server of server_address().
std::unique_ptr<contract::StoreUnderTest> make_postgres();

/// A store in `schema` that is reached as `options` say.
std::unique_ptr<contract::StoreUnderTest> make_postgres(std::shared_ptr<OwnSchema> schema,
                                                        const storage::PostgresOptions& options);

}  // namespace rag::test
