#include "server/auth.hpp"

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/roles.hpp"
#include "base/utf8.hpp"
#include "http/message.hpp"
#include "rag/error.hpp"
#include "server/gate.hpp"
#include "server/resource_metadata.hpp"

#include <fmt/format.h>

namespace rag::server {
namespace {

constexpr std::size_t secret_bytes_min = 16;
/// Between the question whether a look-up is needed and the answer's use.
constexpr std::chrono::milliseconds verdict_slack{500};
constexpr int retry_after_s = 5;
constexpr std::string_view no_token_sentence =
    "RAG_AUTH is token, but there is no token; make one with `rag token create --name NAME`.";

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(trim(text.substr(0, end)));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

[[noreturn]] void refuse_entry(std::size_t number, std::string_view why) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("Entry {} of RAG_TOKENS {}. An entry is "
                            "name:role[:collection+collection]:secret; `rag token create "
                            "--for-environment --name NAME` makes one.",
                            number, why));
}

Token parse_token(std::string_view entry, std::size_t number) {
    const std::vector<std::string> parts = split(entry, ':');
    if (parts.size() != 3 && parts.size() != 4) {
        refuse_entry(number, "does not have three or four parts");
    }
    Token token;
    token.name = parts.front();
    if (token.name.empty()) {
        refuse_entry(number, "has no name");
    }
    const std::optional<Role> role = parse_role(parts[1]);
    if (!role) {
        refuse_entry(number, "has a role that is none of reader, writer and admin");
    }
    token.role = *role;
    if (parts.size() == 4 && !parts[2].empty()) {
        token.collections = split(parts[2], '+');
    }
    if (parts.back().size() < secret_bytes_min) {
        refuse_entry(number,
                     fmt::format("has a secret of less than {} characters", secret_bytes_min));
    }
    token.secret_hash = sha256(parts.back());
    return token;
}

/// The token of "Authorization: Bearer ..." (RFC 6750, section 2.1); empty when there is none.
std::string_view bearer_of(const http::Request& request) {
    const std::string_view value = request.header("authorization");
    constexpr std::string_view scheme = "bearer ";
    if (value.size() <= scheme.size()) {
        return {};
    }
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        const char c = value[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != scheme[i]) {
            return {};
        }
    }
    return trim(value.substr(scheme.size()));
}

/// Health, and what says where tokens are to be had.
bool is_open_path(std::string_view path) {
    return is_health_path(path) || is_metadata_path(path);
}

Caller make_caller(const Token& token) {
    Caller caller;
    caller.files = FileReach::none;
    caller.principal = token.name;
    caller.role = token.role;
    caller.collections = token.collections;
    return caller;
}

}  // namespace

std::vector<Token> parse_tokens(std::string_view text) {
    std::vector<Token> tokens;
    std::size_t number = 0;
    for (const std::string& entry : split(text, ',')) {
        if (entry.empty()) {
            continue;
        }
        Token token = parse_token(entry, ++number);
        for (const Token& other : tokens) {
            if (other.secret_hash == token.secret_hash) {
                refuse_entry(number, "has the secret of an earlier one");
            }
        }
        tokens.push_back(std::move(token));
    }
    return tokens;
}

Authenticator::Authenticator(AuthOptions options, const Clock& clock)
    : options_(std::move(options)), verdicts_(clock) {
    if (options_.scheme == AuthScheme::bearer && options_.tokens.empty() && !options_.look_up) {
        throw Error(ErrorCode::invalid_argument, std::string(no_token_sentence));
    }
}

bool Authenticator::waits(const http::Request& head) {
    if (options_.scheme == AuthScheme::open || !options_.look_up) {
        return false;
    }
    const std::string_view presented = bearer_of(head);
    if (presented.empty()) {
        return false;
    }
    const std::string hash = sha256(presented);
    return find_configured(hash) == nullptr && !verdicts_.find(hash, verdict_slack);
}

std::optional<Caller> Authenticator::find_known_caller(const http::Request& request) {
    return waits(request) ? std::nullopt : judge(request).caller;
}

std::optional<Caller> Authenticator::find_caller(const http::Request& request) {
    return judge(request).caller;
}

bool Authenticator::covers_all_collections(const http::Request& request) {
    const std::optional<Caller> caller = find_known_caller(request);
    return caller && caller->collections.empty();
}

Caller Authenticator::identify(const http::Request& request) {
    std::optional<Caller> caller = find_caller(request);
    if (!caller) {
        throw Error(ErrorCode::unauthorized, "This call needs a valid bearer token.");
    }
    return *std::move(caller);
}

Authenticator::Admission Authenticator::admit(const http::Request& head) {
    const bool open = is_open_path(head.path);
    Verdict verdict;
    try {
        verdict = judge(head);
    } catch (const Error& error) {
        if (open) {
            return {};
        }
        log::warn("a token could not be looked up: {}", error.message());
        auto refusal = std::make_unique<http::Response>(http::make_error_response(
            503, "Tokens cannot be checked at the moment; try again in a few seconds."));
        refusal->headers.emplace_back("Retry-After", std::to_string(retry_after_s));
        return {std::move(refusal), {}};
    }
    if (open) {
        return {};
    }
    if (verdict.caller) {
        return {nullptr, *std::move(verdict.caller)};
    }
    auto refusal = std::make_unique<http::Response>(http::make_error_response(
        401, options_.scheme == AuthScheme::oauth
                 ? "Send an access token for this server as 'Authorization: Bearer TOKEN'; "
                   "WWW-Authenticate says where to get one."
                 : "Send a token of this server as 'Authorization: Bearer TOKEN'."));
    const bool presented = head.has_header("authorization");
    refusal->headers.emplace_back(
        "WWW-Authenticate",
        challenge(head, presented ? "invalid_token" : "", scope_of(Role::reader), verdict.refusal));
    return {std::move(refusal), {}};
}

std::unique_ptr<http::Response> Authenticator::check_scope(const http::Request& request,
                                                           std::optional<Role> needed) {
    if (options_.scheme != AuthScheme::oauth || !needed) {
        return nullptr;
    }
    const std::optional<Role> granted = judge(request).granted;
    if (granted && *granted >= *needed) {
        return nullptr;
    }
    auto refusal = std::make_unique<http::Response>(
        http::make_error_response(403, fmt::format("This needs the scope {}; ask the authorization "
                                                   "server for a token that has it.",
                                                   scope_of(*needed))));
    refusal->headers.emplace_back("WWW-Authenticate",
                                  challenge(request, "insufficient_scope", scopes_up_to(*needed),
                                            "The token does not have the scope for this."));
    return refusal;
}

/// Of a request without a token: no caller. Throws what the look-up throws.
Verdict Authenticator::judge(const http::Request& request) {
    Verdict verdict;
    if (options_.scheme == AuthScheme::open) {
        verdict.caller.emplace().files = FileReach::none;
        verdict.granted = Role::admin;
        return verdict;
    }
    verdict.refusal = "The token is not known here.";
    const std::string_view presented = bearer_of(request);
    if (presented.empty()) {
        return verdict;
    }
    const std::string hash = sha256(presented);
    if (const Token* token = find_configured(hash)) {
        verdict.caller = make_caller(*token);
        verdict.granted = token->role;
        return verdict;
    }
    if (!options_.look_up) {
        return verdict;
    }
    if (std::optional<Verdict> known = verdicts_.find(hash)) {
        return *std::move(known);
    }
    verdict = options_.look_up(std::string(presented));
    verdicts_.keep(hash, verdict);
    return verdict;
}

const Token* Authenticator::find_configured(const std::string& hash) const {
    const Token* found = nullptr;
    // Every token is compared, so that the time tells nothing about which one came close.
    for (const Token& token : options_.tokens) {
        if (equal_constant_time(token.secret_hash, hash)) {
            found = &token;
        }
    }
    return found;
}

/// RFC 6750, section 3; resource_metadata by RFC 9728, section 5.1.
std::string Authenticator::challenge(const http::Request& head, std::string_view error,
                                     std::string_view scopes, std::string_view description) const {
    const bool oauth = options_.scheme == AuthScheme::oauth;
    std::string text = oauth ? "Bearer" : R"(Bearer realm="rag")";
    const auto add = [&](std::string_view name, std::string_view value) {
        text += fmt::format("{}{}=\"{}\"", text == "Bearer" ? " " : ", ", name, value);
    };
    if (!error.empty()) {
        add("error", error);
        add("error_description", description);
    }
    if (oauth) {
        add("scope", scopes);
        if (options_.metadata_url) {
            add("resource_metadata", options_.metadata_url(head));
        }
    }
    return text;
}

}  // namespace rag::server
