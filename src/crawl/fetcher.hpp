#pragma once

#include "base/url.hpp"
#include "crawl/crawl_options.hpp"
#include "crawl/robots.hpp"
#include "rag/http_client.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace rag::crawl {

/// Robots.txt of the URL's origin. 4xx allows everything (RFC 9309, 2.3.1.3) but 429; throws
/// Error{unavailable} when the server fails or cannot be reached within `timeout`.
Robots fetch_robots(HttpClient& client, const CallContext& context, const Url& url,
                    const std::string& product, std::chrono::milliseconds timeout);

/// A page to be asked for.
struct Ask {
    Url url;
    HttpHeaders headers;
    std::optional<std::chrono::milliseconds> crawl_delay;  ///< As the host's robots.txt has it.
};

/// Asks politely: robots.txt first, and a pause between the requests to a host that grows when the
/// host says that it is too much.
class Fetcher final {
public:
    /// Both must outlive this; `options.pause` and `options.clock` are set. Of a crawl that began
    /// with https nothing that the operator configured for a host goes out in the clear.
    Fetcher(HttpClient& client, const CrawlOptions& options, const Url& root)
        : client_(client), options_(options), is_secure_(root.scheme == "https") {}

    /// Kept for as long as this lives. Throws Error{unavailable}, the same for each page of a host
    /// whose robots.txt cannot be had. For one thread alone.
    const Robots& robots_of(const CallContext& context, const Url& url);

    /// One page without its redirects. 429 and 503 are asked again when the host says, at most
    /// twice. Throws Error as HttpClient does, and Error{unavailable} without a request for a host
    /// that has refused several pages in a row. Safe for concurrent use; the pause is kept between
    /// the starts of requests then, and from the end of one where `at_once` is one.
    HttpResponse get(const CallContext& context, const Ask& ask);

    /// How many requests its host may have to answer at once.
    std::size_t at_once(const Ask& ask) const;

    /// The host was asked for something some other way, so the pause before its next page begins
    /// now.
    void note_use(const Url& url);

private:
    struct Host {
        SteadyTime free_at{};  ///< No request before that.
        std::chrono::milliseconds delay{0};
        int refused_in_a_row = 0;
    };
    struct KnownRobots {
        Robots robots;
        std::string failure;  ///< A sentence; empty when they were read.
    };

    Host& host_of(const Ask& ask);
    void wait_for_turn(const CallContext& context, Host& host);
    HttpResponse send(const CallContext& context, const Ask& ask, Host& host);
    void back_off(Host& host, std::optional<std::chrono::milliseconds> asked);
    void end_turn(const Ask& ask, Host& host);

    HttpClient& client_;
    const CrawlOptions& options_;
    const bool is_secure_;
    std::map<std::string, KnownRobots> robots_;  ///< By origin.
    std::mutex mutex_;                           ///< Over what hosts_ holds.
    std::map<std::string, Host> hosts_;          ///< By authority.
};

/// The time that a Retry-After header asks for (RFC 9110, 10.2.3), seconds or a date; null without
/// one that can be read.
std::optional<std::chrono::milliseconds> read_retry_after(std::string_view value, Timestamp now);

/// An HTTP date as servers write it: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<Timestamp> read_http_date(std::string_view text);

}  // namespace rag::crawl
