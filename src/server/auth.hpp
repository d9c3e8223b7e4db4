#pragma once

#include "http/types.hpp"
#include "rag/context.hpp"

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

enum class AuthScheme { open, bearer };

/// Says who sends a request. Constant after construction, so safe for concurrent use.
class Authenticator final {
public:
    /// Throws Error{invalid_argument} for `bearer` without a token, naming the command that makes
    /// one.
    Authenticator(AuthScheme scheme, std::vector<Token> tokens);

    /// Null when the request shows no token that we know. Only the Authorization header counts,
    /// never the query. HTTP callers reach no files but those that the operator opened.
    std::optional<Caller> find_caller(const http::Request& request) const;

    /// As find_caller; throws Error{unauthorized} instead. For handlers behind the gate.
    Caller identify(const http::Request& request) const;

    /// 401 with WWW-Authenticate, or null. Health paths pass.
    std::unique_ptr<http::Response> check(const http::Request& head) const;

    AuthScheme scheme() const { return scheme_; }

private:
    const AuthScheme scheme_;
    const std::vector<Token> tokens_;
};

}  // namespace rag::server
