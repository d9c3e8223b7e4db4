#pragma once

#include "rag/upkeep.hpp"
#include "storage/sqlite_database.hpp"

#include <memory>

namespace rag::storage {

/// Upkeep on SQLite.
class SqliteUpkeep final : public Upkeep {
public:
    explicit SqliteUpkeep(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

    RemovedRows remove_old(const CallContext& context, const Retention& retention,
                           Removal removal) override;

private:
    std::shared_ptr<SqliteDatabase> database_;
};

}  // namespace rag::storage
