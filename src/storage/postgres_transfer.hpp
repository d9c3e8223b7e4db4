#pragma once

#include "rag/transfer.hpp"
#include "storage/postgres_pool.hpp"

namespace rag::storage {

/// What a schema of Postgres holds, out of it and into it. An export reads in one repeatable-read
/// transaction, which keeps no writer waiting and holds no follower of the change feed back.
class PostgresTransfer final : public Transfer {
public:
    /// The pool must outlive this; its schema is up to date.
    explicit PostgresTransfer(PostgresPool& pool) : pool_(pool) {}

    void read(const CallContext& context, const TransferScope& scope,
              const TransferSink& sink) override;
    Arrival put(const CallContext& context, const MovedCollection& collection) override;
    Arrival put(const CallContext& context, const MovedDocument& document) override;

private:
    PostgresPool& pool_;
};

}  // namespace rag::storage
