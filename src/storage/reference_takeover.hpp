#pragma once

#include "rag/document.hpp"
#include "rag/migration.hpp"
#include "storage/postgres_pool.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace rag::storage {

struct TakeOverOptions {
    /// Of the vectors that `embed` makes, one for each text and in their order.
    EmbeddingSpace configured;
    std::function<std::vector<Vector>(const CallContext&, std::span<const std::string>)> embed;
    std::size_t chunks_at_once = 500;  ///< In one transaction; a document is never divided.
};

/// What take_over would do; changes nothing and needs no schema of ours. Throws Error{not_found}
/// when the database has no reference tables, Error{conflict} when ids or names of theirs are in
/// use here.
TakeOverReport plan_take_over(const CallContext& context, PostgresPool& pool,
                              const EmbeddingSpace& configured);

/// Copies what was not copied before into our schema, which is there and up to date: same ids, no
/// offsets, words made anew. Vectors are kept when they have the dimensions of the reference
/// system's model, else made anew with the configured one. A document comes whole or not at all;
/// what was broken off goes on with the next call. Throws as plan_take_over does.
TakeOverReport take_over(const CallContext& context, PostgresPool& pool,
                         const TakeOverOptions& options);

}  // namespace rag::storage
