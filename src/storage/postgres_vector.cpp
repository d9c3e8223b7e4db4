#include "storage/postgres_vector.hpp"

#include "storage/postgres_values.hpp"

#include <charconv>
#include <utility>

namespace rag::storage {
namespace {

// pgvector's limits for HNSW.
constexpr std::int64_t halfvec_dimensions_max = 4000;
constexpr std::int64_t vector_dimensions_max = 2000;

}  // namespace

bool VectorExtension::at_least(int major, int minor) const {
    std::pair<int, int> ours{0, 0};
    const char* end = version.data() + version.size();
    const char* dot = std::from_chars(version.data(), end, ours.first).ptr;
    if (dot != end) {
        std::from_chars(dot + 1, end, ours.second);
    }
    return ours >= std::pair{major, minor};
}

std::optional<VectorExtension> find_vector(PostgresTransaction& transaction) {
    const SqlRows rows = transaction.run(
        "select n.nspname, e.extversion from pg_catalog.pg_extension e join "
        "pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector'");
    if (rows.empty()) {
        return std::nullopt;
    }
    return VectorExtension{read_text(rows.rows[0], 0), read_text(rows.rows[0], 1)};
}

void ensure_vector(const CallContext& context, PostgresPool& pool) {
    std::optional<VectorExtension> found;
    pool.read(context, [&](PostgresTransaction& transaction) { found = find_vector(transaction); });
    if (!found) {
        try {
            pool.transact(context, [&](PostgresTransaction& transaction) {
                transaction.run(query_lock_migrations);
                transaction.run("create extension if not exists vector");
                found = find_vector(transaction);
            });
        } catch (const Error& error) {
            if (error.code() == ErrorCode::cancelled) {
                throw;
            }
            throw Error(ErrorCode::unavailable,
                        "The database (" + pool.place() +
                            ") lacks pgvector and it could not be added; let its administrator "
                            "run: CREATE EXTENSION vector;");
        }
    }
    if (found) {
        pool.set_vector(found->schema, found->has_halfvec() ? "halfvec" : "vector");
    }
}

bool use_stored_type(PostgresTransaction& transaction, PostgresPool& pool) {
    const SqlRows rows = transaction.run(
        "select n.nspname, t.typname from pg_catalog.pg_attribute a "
        "join pg_catalog.pg_type t on t.oid = a.atttypid "
        "join pg_catalog.pg_namespace n on n.oid = t.typnamespace "
        "where a.attrelid = to_regclass('@S.chunk_vectors') and a.attname = 'embedding'");
    if (rows.empty()) {
        return false;
    }
    pool.set_vector(read_text(rows.rows[0], 0), read_text(rows.rows[0], 1));
    return true;
}

std::optional<std::string> graph_type(const VectorExtension& extension, std::int64_t dimensions) {
    if (extension.has_halfvec() && dimensions <= halfvec_dimensions_max) {
        return "halfvec(" + std::to_string(dimensions) + ')';
    }
    if (dimensions <= vector_dimensions_max) {
        return "vector(" + std::to_string(dimensions) + ')';
    }
    return std::nullopt;
}

std::string graph_name(std::int64_t space) {
    return "chunk_vectors_hnsw_" + std::to_string(space);
}

std::string graph_expression(const std::string& row, const std::string& type) {
    return '(' + row + "embedding::@V." + type + ')';
}

}  // namespace rag::storage
