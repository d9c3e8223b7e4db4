#pragma once

#include "rag/search_index.hpp"
#include "storage/postgres_pool.hpp"

#include <string>

/// Where a search looks, as conditions of SQL.
namespace rag::storage {

/// A statement that grows by conditions, each with parameters of its own.
struct SqlStatement {
    SqlParams params;

    /// Adds a parameter; gives what stands for it in the text.
    std::string add(std::string value, const std::string& type);
    /// The condition on chunk k of document d; sets exact to false when it lets too much through,
    /// because SQL cannot say what the filter means.
    std::string add_scope(const SearchScope& scope, bool& exact);
};

/// The beginning of a statement: a scope, and the condition for it on chunk k of document d, which
/// always means what the scope does. Where SQL cannot say it, the chunks are found first and named.
class SqlScope {
public:
    /// May ask the database. Throws as PostgresPool::read.
    SqlScope(const CallContext& context, PostgresPool& pool, const SearchScope& scope);

    const std::string& condition() const { return condition_; }

    SqlStatement statement;

private:
    std::string condition_;
};

}  // namespace rag::storage
