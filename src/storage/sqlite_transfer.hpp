#pragma once

#include "rag/transfer.hpp"
#include "storage/sqlite_database.hpp"

#include <memory>

namespace rag::storage {

/// What a SQLite file holds, out of it and into it. An export reads in one transaction, which in
/// WAL mode keeps no writer waiting.
class SqliteTransfer final : public Transfer {
public:
    explicit SqliteTransfer(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

    void read(const CallContext& context, const TransferScope& scope,
              const TransferSink& sink) override;
    Arrival put(const CallContext& context, const MovedCollection& collection) override;
    Arrival put(const CallContext& context, const MovedDocument& document) override;

private:
    std::shared_ptr<SqliteDatabase> database_;
};

}  // namespace rag::storage
