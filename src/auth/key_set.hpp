#pragma once

#include "auth/jwks.hpp"
#include "base/guarded.hpp"
#include "rag/clock.hpp"
#include "rag/http_client.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rag::auth {

struct KeySetOptions {
    std::string issuer;  ///< An http(s) URL, exactly as the issuer writes itself.
    /// Fetched anew after this time, when next asked for.
    std::chrono::seconds kept{600};
    /// For so long keys are believed while the issuer does not answer.
    std::chrono::seconds kept_unanswered_max{3600};
    /// Between two fetches, whatever tokens come: nobody makes us a flood for the issuer.
    std::chrono::seconds refetch_pause{10};
    std::chrono::milliseconds fetch_time_max{5'000};
};

using Keys = std::shared_ptr<const std::vector<Jwk>>;

/// The public keys of one issuer, found by its metadata (RFC 8414, section 3, or OpenID Connect
/// Discovery) and kept for a while. Nothing is fetched before the first token comes. Safe for
/// concurrent use.
class KeySet final {
public:
    /// `http` and `clock` must outlive this.
    KeySet(HttpClient& http, const Clock& clock, KeySetOptions options);

    /// May block for the time of a fetch. Throws Error{unavailable} when there are none and the
    /// issuer does not answer, or not with what is expected of it.
    Keys get(const CallContext& context);
    /// For a token that none of `seen` has signed: newer ones, when there may be any by now; else
    /// what get() gave.
    Keys get_newer(const CallContext& context, const Keys& seen);

private:
    struct State {
        Keys keys;
        SteadyTime fetched_at;
        SteadyTime next_fetch;  ///< Not before.
        std::string failure;    ///< Why there are no keys, a sentence.
    };

    Keys update(const CallContext& context, const Keys& seen);
    Keys fetch(const CallContext& context);
    std::string find_keys_url(const CallContext& context);
    std::string get_document(const CallContext& context, const std::string& url);
    State state() const;

    HttpClient& http_;
    const Clock& clock_;
    const KeySetOptions options_;
    std::mutex fetching_;  // Held during a fetch, so that there is one at a time.
    Guarded<State> state_;
};

/// Where the issuer's metadata may stand, in the order in which to look (MCP 2025-11-25, basic,
/// authorization: authorization server metadata discovery). Empty for an issuer that is no URL.
std::vector<std::string> metadata_urls(std::string_view issuer);

}  // namespace rag::auth
