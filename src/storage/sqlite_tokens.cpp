#include "storage/sqlite_tokens.hpp"

#include "base/roles.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/token_row.hpp"

namespace rag::storage {
namespace {

/// From name, role, collections, secret_hash, created_at.
StoredToken read_token(const Statement& row) {
    StoredToken token;
    token.name = row.text(0);
    token.role = parse_stored_role(row.text(1));
    for (const auto& collection : read_json(row.text(2))) {
        token.collections.push_back(collection.get<std::string>());
    }
    token.secret_hash = row.text(3);
    token.created_at = row.time(4);
    return token;
}

}  // namespace

void SqliteTokens::add(const CallContext& context, const StoredToken& token) {
    const std::string collections = nlohmann::json(token.collections).dump();
    database_->write(context, [&](Connection& db) {
        Statement count = db.prepare("SELECT count(*) FROM api_tokens");
        count.step();
        check_token_count(static_cast<std::size_t>(count.integer(0)));
        db.prepare(
              "INSERT OR IGNORE INTO api_tokens (name, role, collections, secret_hash, created_at) "
              "VALUES (?1, ?2, ?3, ?4, ?5)")
            .bind(1, std::string_view(token.name))
            .bind(2, role_name(token.role))
            .bind(3, std::string_view(collections))
            .bind(4, std::string_view(token.secret_hash))
            .bind(5, to_milliseconds(database_->now()))
            .run();
        if (db.changed_rows() == 0) {
            throw_token_exists(token.name);
        }
    });
}

std::optional<StoredToken> SqliteTokens::find(const CallContext& context,
                                              std::string_view secret_hash) {
    std::optional<StoredToken> token;
    database_->read(context, [&](Connection& db) {
        Statement rows = db.prepare(
            "SELECT name, role, collections, secret_hash, created_at FROM api_tokens "
            "WHERE secret_hash = ?1");
        rows.bind(1, secret_hash);
        token = rows.step() ? std::optional(read_token(rows)) : std::nullopt;
    });
    return token;
}

std::vector<StoredToken> SqliteTokens::list(const CallContext& context) {
    std::vector<StoredToken> tokens;
    database_->read(context, [&](Connection& db) {
        tokens.clear();
        Statement rows = db.prepare(
            "SELECT name, role, collections, secret_hash, created_at FROM api_tokens "
            "ORDER BY name");
        while (rows.step()) {
            tokens.push_back(read_token(rows));
        }
    });
    return tokens;
}

bool SqliteTokens::remove(const CallContext& context, std::string_view name) {
    bool removed = false;
    database_->write(context, [&](Connection& db) {
        db.prepare("DELETE FROM api_tokens WHERE name = ?1").bind(1, name).run();
        removed = db.changed_rows() > 0;
    });
    return removed;
}

}  // namespace rag::storage
