#include "token_lookups.hpp"

#include "base/hash.hpp"
#include "base/log.hpp"
#include "rag/error.hpp"
#include "rag/token_table.hpp"
#include "server/resource_metadata.hpp"

#include <algorithm>

namespace rag {
namespace {

constexpr std::chrono::seconds lookup_time_max{5};
/// How long a token that was revoked on another server may go on here.
constexpr std::chrono::seconds stored_kept{2};
constexpr std::chrono::seconds refused_kept{1};
constexpr std::chrono::seconds issued_kept_max{60};

CallContext lookup_context() {
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + lookup_time_max;
    context.request_id = "token-look-up";
    return context;
}

server::Verdict refuse(std::string why) {
    server::Verdict verdict;
    verdict.refusal = std::move(why);
    verdict.kept = refused_kept;
    return verdict;
}

auth::KeySetOptions key_options(const Config& config) {
    if (config.oauth_issuer.empty()) {
        throw Error(ErrorCode::invalid_argument,
                    "RAG_AUTH is oauth, but RAG_OAUTH_ISSUER is not set; set it to the URL of the "
                    "authorization server, exactly as its metadata has it.");
    }
    auth::KeySetOptions options;
    options.issuer = config.oauth_issuer;
    if (auth::metadata_urls(options.issuer).empty()) {
        throw Error(ErrorCode::invalid_argument, "RAG_OAUTH_ISSUER is '" + config.oauth_issuer +
                                                     "', which is no http or https URL.");
    }
    return options;
}

auth::TokenRules token_rules(const Config& config) {
    auth::TokenRules rules;
    rules.issuer = config.oauth_issuer;
    rules.audiences = config.oauth_audience.empty() ? server::resource_names(config.public_url)
                                                    : config.oauth_audience;
    if (rules.audiences.empty()) {
        throw Error(ErrorCode::invalid_argument,
                    "RAG_AUTH is oauth, but this server does not know what it is called: set "
                    "RAG_PUBLIC_URL to what clients type, or RAG_OAUTH_AUDIENCE to what tokens "
                    "name as their audience.");
    }
    return rules;
}

}  // namespace

server::Verdict StoredTokens::look_up(const std::string& token) {
    // Others are not even asked for: guessing costs the database nothing.
    if (!is_secret_shaped(token)) {
        return refuse("The token is not known here.");
    }
    const CallContext context = lookup_context();
    const std::optional<StoredToken> found =
        engine_.tokens(context).find(context, sha256_hex(token));
    if (!found) {
        return refuse("The token is not known here, or was revoked.");
    }
    server::Verdict verdict;
    Caller& caller = verdict.caller.emplace();
    caller.principal = found->name;
    caller.role = found->role;
    caller.collections = found->collections;
    verdict.granted = found->role;
    verdict.kept = stored_kept;
    return verdict;
}

IssuedTokens::IssuedTokens(const Config& config, Engine& engine)
    : clock_(engine.clock()),
      keys_(engine.http(), engine.clock(), key_options(config)),
      verifier_(token_rules(config), keys_, engine.clock()) {}

server::Verdict IssuedTokens::look_up(const std::string& token) {
    auto checked = verifier_.verify(lookup_context(), token);
    if (auto* refusal = std::get_if<auth::Refusal>(&checked)) {
        return refuse(std::move(refusal->why));
    }
    auto& access = std::get<auth::Access>(checked);
    server::Verdict verdict;
    Caller& caller = verdict.caller.emplace();
    caller.principal = std::move(access.principal);
    caller.role = access.role.value_or(Role::reader);
    caller.collections = std::move(access.collections);
    if (!access.role) {
        // No collection has this name: whatever is asked with such a token, there is nothing.
        caller.collections = {""};
    }
    verdict.granted = access.role;
    verdict.kept = std::clamp<std::chrono::milliseconds>(
        access.expires_at - clock_.now(), std::chrono::milliseconds(0), issued_kept_max);
    return verdict;
}

void require_some_token(const Config& config, Engine& engine) {
    if (config.auth != AuthMode::token || !server::parse_tokens(config.tokens).empty()) {
        return;
    }
    const CallContext context = lookup_context();
    try {
        if (!engine.tokens(context).list(context).empty()) {
            return;
        }
    } catch (const Error& error) {
        // Whoever starts before the database does must not fail for that.
        log::warn("the stored tokens could not be counted: {}", error.message());
        return;
    }
    throw Error(ErrorCode::invalid_argument,
                "RAG_AUTH is token, but there is no token; make one with 'rag token create --name "
                "NAME'.");
}

}  // namespace rag
