#pragma once

#include "storage/postgres_pool.hpp"

#include <string>

namespace rag::test {

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

}  // namespace rag::test
