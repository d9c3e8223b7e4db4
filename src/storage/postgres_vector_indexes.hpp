#pragma once

#include "storage/postgres_vector.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rag::storage {

struct VectorIndexOptions {
    /// Of fewer vectors the database finds the nearest by looking at all of them.
    std::int64_t vectors_min = 10'000;
};

/// Builds pgvector's HNSW graphs: one for each embedding space of many vectors, beside whoever
/// reads and writes (CREATE INDEX CONCURRENTLY), by one server of a deployment at a time. Used by
/// one thread.
class PostgresVectorIndexes final {
public:
    /// Building before the vectors are there takes longer than after: each one that is added later
    /// costs a search in the graph.
    enum class When {
        settled,  ///< Only where there are hardly more vectors than at the last call.
        now,
    };

    /// The pool must outlive this; with fewer than three connections nothing is built.
    PostgresVectorIndexes(PostgresPool& pool, VectorIndexOptions options = {})
        : pool_(pool), options_(options) {}

    /// Builds what is missing, which may take minutes; what another server is building is left to
    /// it. Returns how many were built. Throws Error.
    int build_missing(const CallContext& context, When when);

private:
    struct Space {
        std::int64_t id = 0;
        std::int64_t dimensions = 0;
        std::int64_t vectors = 0;
        bool broken = false;  ///< An index is there whose building was broken off.
    };

    std::vector<Space> list_missing(const CallContext& context);
    bool is_settled(const Space& space);
    bool build(const CallContext& context, const Space& space, const std::string& type);
    void run_builder(const CallContext& context, const Space& space, const std::string& type);

    PostgresPool& pool_;
    const VectorIndexOptions options_;
    std::optional<VectorExtension> extension_;
    std::map<std::int64_t, std::int64_t> counted_;  ///< Vectors by space, at the last call.
};

}  // namespace rag::storage
