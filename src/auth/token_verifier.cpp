#include "auth/token_verifier.hpp"

#include "base/ascii.hpp"
#include "base/roles.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rag::auth {
namespace {

constexpr std::size_t subject_bytes_max = 255;
constexpr std::size_t collections_max = 1000;
constexpr const char* collections_claim = "rag_collections";
/// Beyond any real time, and far from the ends of a clock.
constexpr double seconds_max = 1e11;

std::string text_member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// A NumericDate (RFC 7519, section 2). Null where there is none or it cannot be meant.
std::optional<Timestamp> read_time(const Json& claims, const char* name) {
    const auto found = claims.find(name);
    if (found == claims.end() || !found->is_number()) {
        return std::nullopt;
    }
    const auto seconds = found->get<double>();
    if (!(seconds >= 0 && seconds <= seconds_max)) {
        return std::nullopt;
    }
    return Timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
}

/// `aud` is one string or an array of them (RFC 7519, section 4.1.3).
bool names_one_of(const Json& claims, const std::vector<std::string>& audiences) {
    const auto found = claims.find("aud");
    if (found == claims.end()) {
        return false;
    }
    const Json all = found->is_array() ? *found : Json::array({*found});
    return std::any_of(all.begin(), all.end(), [&](const Json& one) {
        return one.is_string() && std::find(audiences.begin(), audiences.end(),
                                            one.get<std::string>()) != audiences.end();
    });
}

/// `scope` is a string of names (RFC 9068, section 2.2.3); some issuers write `scp`, if need be as
/// an array.
std::vector<std::string> read_scopes(const Json& claims) {
    std::vector<std::string> scopes;
    for (const char* name : {"scope", "scp"}) {
        const auto found = claims.find(name);
        if (found == claims.end()) {
            continue;
        }
        for (const Json& part : found->is_array() ? *found : Json::array({*found})) {
            if (!part.is_string()) {
                continue;
            }
            const std::string text = part.get<std::string>();
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t end = std::min(text.find(' ', at), text.size());
                scopes.push_back(text.substr(at, end - at));
                at = end + 1;
            }
        }
    }
    return scopes;
}

/// Null when the claim is there and cannot be understood: a limit must not get lost.
std::optional<std::vector<std::string>> read_collections(const Json& claims) {
    std::vector<std::string> names;
    const auto found = claims.find(collections_claim);
    if (found == claims.end()) {
        return names;
    }
    if (!found->is_array() || found->empty() || found->size() > collections_max) {
        return std::nullopt;
    }
    for (const Json& name : *found) {
        if (!name.is_string()) {
            return std::nullopt;
        }
        names.push_back(name.get<std::string>());
    }
    return names;
}

/// Who the token is for; empty where that is not said.
std::string read_principal(const Json& claims, const std::string& issuer) {
    const std::string subject = text_member(claims, "sub");
    if (subject.empty() || subject.size() > subject_bytes_max) {
        return {};
    }
    return fmt::format("oauth:{}#{}", issuer, subject);
}

/// Whether a token of this kind gives access (RFC 8725, section 3.11: identity and logout tokens
/// have types of their own).
bool is_access_token_type(const Json& header) {
    if (!header.contains("typ")) {
        return true;
    }
    const std::string type = ascii_lower(text_member(header, "typ"));
    return type == "jwt" || type == "at+jwt" || type == "application/at+jwt";
}

}  // namespace

std::variant<Access, Refusal> TokenVerifier::verify(const CallContext& context,
                                                    std::string_view token) {
    const std::optional<Jwt> jwt = parse_jwt(token);
    if (!jwt) {
        return Refusal{"The token is not a signed JSON Web Token."};
    }
    const auto algorithm = parse_algorithm(text_member(jwt->header, "alg"));
    if (!algorithm) {
        return Refusal{"The token must be signed with RS256 or ES256."};
    }
    // RFC 7515, section 4.1.11: what is critical and not understood makes the whole invalid.
    if (jwt->header.contains("crit") || !is_access_token_type(jwt->header)) {
        return Refusal{"The token is of a kind that gives no access."};
    }
    // Before the keys are asked for: tokens of others cause no traffic.
    if (std::optional<Refusal> refusal = check_claims(jwt->claims)) {
        return *std::move(refusal);
    }
    if (!is_signed(context, *jwt, *algorithm)) {
        return Refusal{"The token is not signed by a key of the issuer."};
    }
    Access access;
    access.principal = read_principal(jwt->claims, rules_.issuer);
    access.role = widest_role(read_scopes(jwt->claims));
    access.collections = *read_collections(jwt->claims);
    access.expires_at = *read_time(jwt->claims, "exp");
    return access;
}

std::optional<Refusal> TokenVerifier::check_claims(const Json& claims) const {
    if (text_member(claims, "iss") != rules_.issuer) {
        return Refusal{"The token is from another issuer."};
    }
    if (!names_one_of(claims, rules_.audiences)) {
        return Refusal{"The token is not for this server: its audience is another, or none."};
    }
    const Timestamp now = clock_.now();
    const std::optional<Timestamp> expires_at = read_time(claims, "exp");
    if (!expires_at || *expires_at + rules_.clock_skew_max <= now) {
        return Refusal{"The token has expired."};
    }
    if (claims.contains("nbf")) {
        const std::optional<Timestamp> begins_at = read_time(claims, "nbf");
        if (!begins_at || *begins_at > now + rules_.clock_skew_max) {
            return Refusal{"The token is not valid yet."};
        }
    }
    if (read_principal(claims, rules_.issuer).empty()) {
        return Refusal{"The token does not say whom it is for."};
    }
    if (!read_collections(claims)) {
        return Refusal{"The limits of the token cannot be understood."};
    }
    return std::nullopt;
}

bool TokenVerifier::is_signed(const CallContext& context, const Jwt& jwt, Algorithm algorithm) {
    const std::string key_id = text_member(jwt.header, "kid");
    const auto is_signed_by_one_of = [&](const Keys& keys) {
        return std::any_of(keys->begin(), keys->end(), [&](const Jwk& key) {
            // The algorithm is the key's, not what the token makes of it (RFC 8725, section 3.1).
            return key.algorithm == algorithm && (key_id.empty() || key.key_id == key_id) &&
                   is_signed_by(key, jwt.signed_text, jwt.signature);
        });
    };
    const Keys keys = keys_.get(context);
    if (is_signed_by_one_of(keys)) {
        return true;
    }
    // The issuer may have a new key, if need be under an old name.
    const Keys newer = keys_.get_newer(context, keys);
    return newer != keys && is_signed_by_one_of(newer);
}

}  // namespace rag::auth
