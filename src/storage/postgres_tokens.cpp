#include "storage/postgres_tokens.hpp"

#include "base/roles.hpp"
#include "storage/postgres_values.hpp"
#include "storage/token_row.hpp"

namespace rag::storage {
namespace {

std::string token_columns() {
    return "name, role, to_json(collections)::text, secret_hash, " + time_of("created_at");
}

StoredToken read_token(const SqlRow& row) {
    StoredToken token;
    token.name = read_text(row, 0);
    token.role = parse_stored_role(read_text(row, 1));
    token.collections = read_names(row, 2);
    token.secret_hash = read_text(row, 3);
    token.created_at = read_time(row, 4);
    return token;
}

}  // namespace

void PostgresTokens::add(const CallContext& context, const StoredToken& token) {
    const std::string collections = nlohmann::json(token.collections).dump();
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        const SqlRows count = transaction.run("select count(*) from @S.api_tokens");
        check_token_count(static_cast<std::size_t>(read_int(count.rows[0], 0)));
        const SqlRows rows = transaction.run(
            "insert into @S.api_tokens (name, role, collections, secret_hash) "
            "values ($1, $2, array(select json_array_elements_text($3::json)), $4) "
            "on conflict do nothing returning name",
            {token.name, std::string(role_name(token.role)), collections, token.secret_hash});
        if (rows.empty()) {
            throw_token_exists(token.name);
        }
    });
}

std::optional<StoredToken> PostgresTokens::find(const CallContext& context,
                                                std::string_view secret_hash) {
    const SqlRows rows = pool_.read(
        context, "select " + token_columns() + " from @S.api_tokens where secret_hash = $1",
        {std::string(secret_hash)});
    return rows.empty() ? std::nullopt : std::optional(read_token(rows.rows[0]));
}

std::vector<StoredToken> PostgresTokens::list(const CallContext& context) {
    std::vector<StoredToken> tokens;
    const SqlRows rows = pool_.read(
        context, "select " + token_columns() + " from @S.api_tokens order by name collate \"C\"");
    for (const SqlRow& row : rows.rows) {
        tokens.push_back(read_token(row));
    }
    return tokens;
}

bool PostgresTokens::remove(const CallContext& context, std::string_view name) {
    return !pool_
                .run(context, "delete from @S.api_tokens where name = $1 returning name",
                     {std::string(name)})
                .empty();
}

}  // namespace rag::storage
