#include "auth/key_set.hpp"

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/url.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rag::auth {
namespace {

constexpr std::size_t document_bytes_max = 512 * 1024;
constexpr int status_ok = 200;

[[noreturn]] void throw_unavailable(std::string sentence) {
    throw Error(ErrorCode::unavailable, std::move(sentence));
}

std::string text_member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::vector<std::string> metadata_urls(std::string_view issuer) {
    const std::optional<Url> url = parse_url(issuer);
    if (!url) {
        return {};
    }
    const std::string origin = url->origin();
    std::string path = url->path;
    while (path.ends_with('/')) {
        path.pop_back();
    }
    std::vector<std::string> urls{origin + "/.well-known/oauth-authorization-server" + path,
                                  origin + "/.well-known/openid-configuration" + path};
    if (!path.empty()) {
        urls.push_back(origin + path + "/.well-known/openid-configuration");
    }
    return urls;
}

KeySet::KeySet(HttpClient& http, const Clock& clock, KeySetOptions options)
    : http_(http), clock_(clock), options_(std::move(options)) {}

Keys KeySet::get(const CallContext& context) {
    const State before = state();
    const SteadyTime now = clock_.steady_now();
    if (before.keys && now - before.fetched_at < options_.kept) {
        return before.keys;
    }
    if (before.keys && now - before.fetched_at < options_.kept_unanswered_max) {
        // One caller looks for newer ones; the others need not wait for that.
        const std::unique_lock attempt(fetching_, std::try_to_lock);
        return attempt ? fetch(context) : before.keys;
    }
    const Keys keys = update(context, before.keys);
    const State after = state();
    if (!keys || clock_.steady_now() - after.fetched_at >= options_.kept_unanswered_max) {
        throw_unavailable(after.failure);
    }
    return keys;
}

Keys KeySet::get_newer(const CallContext& context, const Keys& seen) {
    return update(context, seen);
}

Keys KeySet::update(const CallContext& context, const Keys& seen) {
    const std::scoped_lock lock(fetching_);
    const State now = state();
    return now.keys == seen ? fetch(context) : now.keys;
}

/// REQUIRES: fetching_ is held. The keys that there are then, old ones where there are no others.
Keys KeySet::fetch(const CallContext& context) {
    State next = state();
    const SteadyTime now = clock_.steady_now();
    if (now < next.next_fetch) {
        return next.keys;
    }
    CallContext own = context;
    own.deadline =
        std::min(own.deadline, std::chrono::steady_clock::now() + options_.fetch_time_max);
    try {
        const std::string url = find_keys_url(own);
        std::optional<std::vector<Jwk>> keys = parse_jwks(get_document(own, url));
        if (!keys || keys->empty()) {
            throw_unavailable(
                fmt::format("{} holds no key for RS256 or ES256 of a size that is safe.", url));
        }
        next.keys = std::make_shared<const std::vector<Jwk>>(*std::move(keys));
        next.fetched_at = now;
        next.failure.clear();
    } catch (const Error& error) {
        next.failure = fmt::format("The keys of the issuer {} cannot be had: {}", options_.issuer,
                                   error.message());
        log::warn("{}", next.failure);
    }
    next.next_fetch = clock_.steady_now() + options_.refetch_pause;
    state_.with([&](State& kept) { kept = next; });
    return next.keys;
}

std::string KeySet::find_keys_url(const CallContext& context) {
    const std::optional<Url> issuer = parse_url(options_.issuer);
    std::string why = "it is no http or https URL.";
    for (const std::string& url : metadata_urls(options_.issuer)) {
        Json metadata;
        try {
            metadata = parse_json(get_document(context, url));
        } catch (const Error& error) {
            why = error.message();
            context.check();
            continue;
        }
        // RFC 8414, section 3.3: else any document could name any keys.
        if (!metadata.is_object() || text_member(metadata, "issuer") != options_.issuer) {
            why = fmt::format("{} does not say that it is about this issuer.", url);
            continue;
        }
        const std::string keys = text_member(metadata, "jwks_uri");
        const std::optional<Url> there = parse_url(keys);
        if (!there || (there->scheme != "https" && issuer->scheme == "https")) {
            why = fmt::format("{} has no jwks_uri that is as safe as the issuer's URL.", url);
            continue;
        }
        return keys;
    }
    throw_unavailable(why);
}

std::string KeySet::get_document(const CallContext& context, const std::string& url) {
    HttpRequest request;
    request.url = url;
    request.headers = {{"Accept", "application/json"}};
    request.reach = Reach::anywhere;  // The operator's own choice, which may be a private address.
    request.redirects_max = 0;        // A document about trust stands where it is said to stand.
    request.body_bytes_max = document_bytes_max;
    request.timeout = options_.fetch_time_max;
    HttpResponse response = http_.send(context, request);
    if (response.status != status_ok || response.truncated) {
        throw_unavailable(fmt::format("{} answered with status {}.", url, response.status));
    }
    return std::move(response.body);
}

KeySet::State KeySet::state() const {
    return state_.with([](const State& kept) { return kept; });
}

}  // namespace rag::auth
