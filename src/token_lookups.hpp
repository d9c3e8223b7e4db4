#pragma once

#include "auth/key_set.hpp"
#include "auth/token_verifier.hpp"
#include "config.hpp"
#include "engine.hpp"
#include "server/auth.hpp"

namespace rag {

/// Bearer tokens that are rows of the memory's database, one look-up each. Safe for concurrent use.
class StoredTokens final {
public:
    /// `engine` must outlive this.
    explicit StoredTokens(Engine& engine) : engine_(engine) {}

    /// Throws Error{unavailable} when the database does not answer.
    server::Verdict look_up(const std::string& token);

private:
    Engine& engine_;
};

/// Access tokens of the configured issuer. Safe for concurrent use.
class IssuedTokens final {
public:
    /// `engine` must outlive this. Throws Error{invalid_argument} for a configuration that lacks
    /// the issuer or a name of this server.
    IssuedTokens(const Config& config, Engine& engine);

    /// Throws Error{unavailable} when the issuer's keys cannot be had.
    server::Verdict look_up(const std::string& token);

private:
    const Clock& clock_;
    auth::KeySet keys_;
    auth::TokenVerifier verifier_;
};

/// Throws Error{invalid_argument}, naming the command that makes one, when tokens are wanted and
/// there is none: neither in the configuration nor, as far as it answers, in the database.
void require_some_token(const Config& config, Engine& engine);

}  // namespace rag
