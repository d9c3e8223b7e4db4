#pragma once

#include "rag/token_table.hpp"
#include "storage/sqlite_database.hpp"

#include <memory>
#include <utility>

namespace rag::storage {

/// TokenTable in one SQLite file.
class SqliteTokens final : public TokenTable {
public:
    explicit SqliteTokens(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

    void add(const CallContext& context, const StoredToken& token) override;
    std::optional<StoredToken> find(const CallContext& context,
                                    std::string_view secret_hash) override;
    std::vector<StoredToken> list(const CallContext& context) override;
    bool remove(const CallContext& context, std::string_view name) override;

private:
    const std::shared_ptr<SqliteDatabase> database_;  // Shared with the store.
};

}  // namespace rag::storage
