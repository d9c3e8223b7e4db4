#pragma once

#include "storage/postgres_pool.hpp"

#include <optional>
#include <string>

/// pgvector as a database has it.
namespace rag::storage {

struct VectorExtension {
    std::string schema;
    std::string version;

    /// Whether the version is MAJOR.MINOR or later.
    bool at_least(int major, int minor) const;
    /// Half the space of a vector, 16 bits a component.
    bool has_halfvec() const { return at_least(0, 7); }
    /// An index that goes on searching while a filter has left too few.
    bool has_iterative_scan() const { return at_least(0, 8); }
};

std::optional<VectorExtension> find_vector(PostgresTransaction& transaction);

/// Finds the extension, or creates it, and tells the pool. Throws Error{unavailable} with the
/// statement for an administrator when it may not be created.
void ensure_vector(const CallContext& context, PostgresPool& pool);

/// Tells the pool of what type the vectors are that the schema holds already: they stay what they
/// were when the extension gets newer. False, and nothing is told, when it holds none.
bool use_stored_type(PostgresTransaction& transaction, PostgresPool& pool);

/// The type that a graph over vectors of so many dimensions is made of, without its schema, e.g.
/// "halfvec(512)"; null where pgvector can index no such vectors.
std::optional<std::string> graph_type(const VectorExtension& extension, std::int64_t dimensions);

/// The graph of an embedding space; it is an index in our schema.
std::string graph_name(std::int64_t space);

/// The vectors of `row` as the graph has them, for an expression that is to be found in it.
std::string graph_expression(const std::string& row, const std::string& type);

}  // namespace rag::storage
