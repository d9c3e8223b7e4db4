#include "support/own_schema.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace rag::test {

std::string server_address() {
    const char* address = std::getenv("RAG_TEST_POSTGRES");
    if (address == nullptr || *address == '\0') {
        FAIL(
            "RAG_TEST_POSTGRES is not set; run: "
            "export RAG_TEST_POSTGRES=$(scripts/postgres-for-tests)");
    }
    return address;
}

OwnSchema::OwnSchema() : address_(server_address()) {
    static std::atomic<int> made = 0;
    name_ = "test_" + std::to_string(getpid()) + "_" + std::to_string(++made);
}

OwnSchema::~OwnSchema() {
    try {
        storage::PostgresConnection connection(address_, storage::Pooler::off);
        connection.begin();
        connection.run_script("drop schema if exists " + name_ + " cascade");
        connection.commit();
    } catch (const storage::PostgresFailure&) {
        return;  // The server is gone, and its data are the tests' alone.
    }
}

storage::PostgresOptions OwnSchema::options() const {
    storage::PostgresOptions options;
    options.address = address_;
    options.schema = name_;
    return options;
}

storage::PostgresOptions OwnSchema::options_through(const std::string& address) const {
    storage::PostgresOptions options = this->options();
    options.address = address;
    options.pooler = storage::Pooler::transaction;
    return options;
}

storage::SqlRows OwnSchema::run(const std::string& sql) const {
    std::string expanded = sql;
    const std::string mark = "@S.";
    for (std::size_t at = expanded.find(mark); at != std::string::npos; at = expanded.find(mark)) {
        expanded.replace(at, mark.size(), name_ + '.');
    }
    storage::PostgresConnection connection(address_, storage::Pooler::off);
    connection.begin();
    const storage::SqlRows rows = connection.run(expanded);
    connection.commit();
    return rows;
}

}  // namespace rag::test
