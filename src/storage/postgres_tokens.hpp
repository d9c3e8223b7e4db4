#pragma once

#include "rag/token_table.hpp"
#include "storage/postgres_pool.hpp"

namespace rag::storage {

/// TokenTable on Postgres, in the schema that PostgresStore made.
class PostgresTokens final : public TokenTable {
public:
    /// The pool must outlive this.
    explicit PostgresTokens(PostgresPool& pool) : pool_(pool) {}

    void add(const CallContext& context, const StoredToken& token) override;
    std::optional<StoredToken> find(const CallContext& context,
                                    std::string_view secret_hash) override;
    std::vector<StoredToken> list(const CallContext& context) override;
    bool remove(const CallContext& context, std::string_view name) override;

private:
    PostgresPool& pool_;
};

}  // namespace rag::storage
