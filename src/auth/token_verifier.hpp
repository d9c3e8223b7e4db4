#pragma once

#include "auth/key_set.hpp"
#include "rag/clock.hpp"
#include "rag/context.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rag::auth {

/// What an access token allows.
struct Access {
    std::string principal;     ///< Of subject and issuer; equals no name of a token of ours.
    std::optional<Role> role;  ///< Null: the token is good, but grants nothing here.
    std::vector<std::string> collections;  ///< Empty: all.
    Timestamp expires_at{};
};

/// Why a token is not accepted: one plain sentence in ASCII, without quotation marks, fit for
/// error_description (RFC 6750, section 3), and with nothing of the token in it.
struct Refusal {
    std::string why;
};

struct TokenRules {
    std::string issuer;
    std::vector<std::string> audiences;  ///< What this server is called; one of them must be named.
    std::chrono::seconds clock_skew_max{10};
};

/// Checks OAuth 2.1 access tokens (JWT; RFC 9068, section 4) as a resource server. Safe for
/// concurrent use.
class TokenVerifier final {
public:
    /// All references must outlive this.
    TokenVerifier(TokenRules rules, KeySet& keys, const Clock& clock)
        : rules_(std::move(rules)), keys_(keys), clock_(clock) {}

    /// May block for a fetch of the issuer's keys. Throws Error{unavailable} when there are none,
    /// so that nothing can be said about the token.
    std::variant<Access, Refusal> verify(const CallContext& context, std::string_view token);

private:
    std::optional<Refusal> check_claims(const Json& claims) const;
    bool is_signed(const CallContext& context, const Jwt& jwt, Algorithm algorithm);

    const TokenRules rules_;
    KeySet& keys_;
    const Clock& clock_;
};

}  // namespace rag::auth
