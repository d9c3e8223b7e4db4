#pragma once

#include "rag/upkeep.hpp"
#include "storage/postgres_pool.hpp"

namespace rag::storage {

/// Upkeep on Postgres, in the schema that PostgresStore made.
class PostgresUpkeep final : public Upkeep {
public:
    /// The pool must outlive this.
    explicit PostgresUpkeep(PostgresPool& pool) : pool_(pool) {}

    RemovedRows remove_old(const CallContext& context, const Retention& retention,
                           Removal removal) override;

private:
    PostgresPool& pool_;
};

}  // namespace rag::storage
