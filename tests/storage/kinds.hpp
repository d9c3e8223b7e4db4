#pragma once

#include "contract/store_under_test.hpp"
#include "storage/postgres_pool.hpp"

#include <memory>
#include <string>

/// The kinds of store that the contracts are checked on.
namespace rag::test {

std::unique_ptr<contract::StoreUnderTest> make_fake();

/// In a file of its own, in a folder of its own.
std::unique_ptr<contract::StoreUnderTest> make_sqlite();

/// In a schema of its own on the server of server_address().
std::unique_ptr<contract::StoreUnderTest> make_postgres();

/// The server for the tests, named by RAG_TEST_POSTGRES. Fails the test when there is none.
std::string server_address();

/// A schema of a name that no other test process uses, gone with its tables at the end.
class OwnSchema {
public:
    OwnSchema();
    ~OwnSchema();
    OwnSchema(const OwnSchema&) = delete;
    OwnSchema& operator=(const OwnSchema&) = delete;

    const std::string& name() const { return name_; }
    /// How a pool reaches it: directly, or through the pooler at `address`.
    storage::PostgresOptions options() const;
    storage::PostgresOptions options_through(const std::string& address) const;
    /// Runs a statement outside of every store; "@S." stands for the schema.
    storage::SqlRows run(const std::string& sql) const;

private:
    std::string address_;
    std::string name_;
};

/// A store in `schema` that is reached as `options` say.
std::unique_ptr<contract::StoreUnderTest> make_postgres(std::shared_ptr<OwnSchema> schema,
                                                        const storage::PostgresOptions& options);

}  // namespace rag::test
