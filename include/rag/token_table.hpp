#pragma once

#include "rag/clock.hpp"
#include "rag/context.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag {

/// A bearer token as it is kept: what it allows and the hash of its secret, never the secret.
struct StoredToken {
    std::string name;  ///< Unique; the principal of who shows the token.
    Role role = Role::reader;
    std::vector<std::string> collections;  ///< Empty: all.
    std::string secret_hash;               ///< SHA-256 in lower-case hex.
    Timestamp created_at{};                ///< Given by the table.
};

/// A new secret: "rag_" and 256 random bits. Throws Error{internal} when the system gives none.
std::string make_token_secret();
/// Whether a text can be such a secret at all.
bool is_secret_shaped(std::string_view text);
/// Whether a token may be called so: 1 to 64 letters, digits, '.', '_' and '-', which no principal
/// of another kind looks like.
bool is_token_name(std::string_view name);

/// The bearer tokens that all servers of one database accept. Implementations are safe for
/// concurrent use; every function may block, honours the context, and throws Error{unavailable}
/// when the database does not answer.
class TokenTable {
public:
    virtual ~TokenTable() = default;

    /// Throws Error{conflict} when there is a token of this name, Error{invalid_argument} when
    /// there are tokens_max.
    virtual void add(const CallContext& context, const StoredToken& token) = 0;
    virtual std::optional<StoredToken> find(const CallContext& context,
                                            std::string_view secret_hash) = 0;
    /// By name.
    virtual std::vector<StoredToken> list(const CallContext& context) = 0;
    /// False when there is none of this name.
    virtual bool remove(const CallContext& context, std::string_view name) = 0;

    static constexpr std::size_t tokens_max = 1000;
};

}  // namespace rag
