#include "server/auth.hpp"

#include "base/hash.hpp"
#include "base/utf8.hpp"
#include "http/message.hpp"
#include "rag/error.hpp"
#include "server/gate.hpp"

#include <fmt/format.h>

namespace rag::server {
namespace {

constexpr std::size_t secret_bytes_min = 16;

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
                            "name:role[:collection+collection]:secret; `rag token create --name "
                            "NAME` makes one.",
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
    if (parts[1] == "reader") {
        token.role = Role::reader;
    } else if (parts[1] == "writer") {
        token.role = Role::writer;
    } else if (parts[1] == "admin") {
        token.role = Role::admin;
    } else {
        refuse_entry(number, "has a role that is none of reader, writer and admin");
    }
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

Authenticator::Authenticator(AuthScheme scheme, std::vector<Token> tokens)
    : scheme_(scheme), tokens_(std::move(tokens)) {
    if (scheme_ == AuthScheme::bearer && tokens_.empty()) {
        throw Error(ErrorCode::invalid_argument,
                    "RAG_AUTH is token, but RAG_TOKENS holds none; run `rag token create --name "
                    "NAME` and put the entry it prints into RAG_TOKENS.");
    }
}

std::optional<Caller> Authenticator::find_caller(const http::Request& request) const {
    Caller caller;
    caller.files = FileReach::none;
    if (scheme_ == AuthScheme::open) {
        return caller;
    }
    const std::string_view presented = bearer_of(request);
    if (presented.empty()) {
        return std::nullopt;
    }
    const std::string hash = sha256(presented);
    const Token* found = nullptr;
    // Every token is compared, so that the time tells nothing about which one came close.
    for (const Token& token : tokens_) {
        if (equal_constant_time(token.secret_hash, hash)) {
            found = &token;
        }
    }
    if (found == nullptr) {
        return std::nullopt;
    }
    caller.principal = found->name;
    caller.role = found->role;
    caller.collections = found->collections;
    return caller;
}

Caller Authenticator::identify(const http::Request& request) const {
    std::optional<Caller> caller = find_caller(request);
    if (!caller) {
        throw Error(ErrorCode::unauthorized, "This call needs a valid bearer token.");
    }
    return *caller;
}

std::unique_ptr<http::Response> Authenticator::check(const http::Request& head) const {
    if (is_health_path(head.path) || find_caller(head)) {
        return nullptr;
    }
    auto refusal = std::make_unique<http::Response>(http::make_error_response(
        401, "Send a token of this server as 'Authorization: Bearer TOKEN'."));
    const bool presented = head.has_header("authorization");
    refusal->headers.emplace_back("WWW-Authenticate",
                                  presented ? R"(Bearer realm="rag", error="invalid_token", )"
                                              R"(error_description="The token is not known here.")"
                                            : R"(Bearer realm="rag")");
    return refusal;
}

}  // namespace rag::server
