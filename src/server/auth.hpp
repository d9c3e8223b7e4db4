#pragma once

#include "http/types.hpp"
#include "rag/clock.hpp"
#include "rag/context.hpp"
#include "server/verdict_cache.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::server {

/// One bearer token of the configuration. The secret is kept as its SHA-256 alone.
struct Token {
    std::string name;
    Role role = Role::reader;
    std::vector<std::string> collections;  ///< Empty: all.
    std::string secret_hash;
};

/// Reads `name:role[:collection+collection]:secret`, separated by commas. Throws
/// Error{invalid_argument}; the message names the entry by its number and never holds the secret.
std::vector<Token> parse_tokens(std::string_view text);

enum class AuthScheme {
    open,    ///< Everyone is the local administrator.
    bearer,  ///< Tokens of ours.
    oauth,   ///< Access tokens of an authorization server.
};

/// Looks at a bearer token that is not of the configuration; may block. Throws Error when nothing
/// can be said about it now.
using TokenLookup = std::function<Verdict(const std::string& token)>;

struct AuthOptions {
    AuthScheme scheme = AuthScheme::open;
    std::vector<Token> tokens;  ///< Of the configuration; `bearer` only.
    TokenLookup look_up;        ///< May be empty for `open` and `bearer`.
    /// OAuth: the address of the metadata that a request's refusal points to (RFC 9728).
    std::function<std::string(const http::Request& head)> metadata_url;
};

/// Says who sends a request. Safe for concurrent use.
class Authenticator final {
public:
    /// `clock` must outlive this. Throws Error{invalid_argument} for `bearer` with neither tokens
    /// nor a look-up, naming the command that makes one.
    Authenticator(AuthOptions options, const Clock& clock);

    /// Whether the functions below may block for this request, because its token has to be looked
    /// up. If not, they do not for some time yet.
    bool waits(const http::Request& head);

    /// Null when the request shows no token that is accepted. Only the Authorization header counts,
    /// never the query. HTTP callers reach no files but those that the operator opened. Throws what
    /// the look-up throws.
    std::optional<Caller> find_caller(const http::Request& request);
    /// The same without blocking: null too for a token that would have to be looked up.
    std::optional<Caller> find_known_caller(const http::Request& request);

    /// As find_caller; throws Error{unauthorized} instead. For handlers behind the gate.
    Caller identify(const http::Request& request);

    /// Whether the request's token covers every collection, so that figures of the whole store tell
    /// it nothing that it may not know. As find_known_caller, it does not block.
    bool covers_all_collections(const http::Request& request);

    struct Admission {
        std::unique_ptr<http::Response> refusal;  ///< Null: the request may go on.
        Caller caller;
    };
    /// Refuses with 401 and WWW-Authenticate, with 503 when the token cannot be looked up now. Who
    /// asks for health and the like is the caller of an open server.
    Admission admit(const http::Request& head);

    /// 403 with what to ask the authorization server for, or null: OAuth alone has scopes that can
    /// be widened. `needed` null: what anyone with a token of this server may do.
    std::unique_ptr<http::Response> check_scope(const http::Request& request,
                                                std::optional<Role> needed);

    AuthScheme scheme() const { return options_.scheme; }

private:
    Verdict judge(const http::Request& request);
    const Token* find_configured(const std::string& hash) const;
    std::string challenge(const http::Request& head, std::string_view error,
                          std::string_view scopes, std::string_view description) const;

    const AuthOptions options_;
    VerdictCache verdicts_;
};

}  // namespace rag::server
