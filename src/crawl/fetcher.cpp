#include "crawl/fetcher.hpp"

#include "base/time_text.hpp"
#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace rag::crawl {
namespace {

constexpr std::chrono::seconds robots_time{25};
constexpr int repeats_max = 2;
constexpr std::chrono::milliseconds back_off_first{1000};
constexpr std::chrono::milliseconds back_off_max{30'000};
/// Longer than this nobody waits for one page.
constexpr std::chrono::milliseconds retry_after_max{60'000};
constexpr int refused_in_a_row_max = 3;

bool is_too_much(int status) {
    return status == 429 || status == 503;
}

std::optional<int> read_number(std::string_view text) {
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() && value >= 0
               ? std::optional(value)
               : std::nullopt;
}

}  // namespace

Robots fetch_robots(HttpClient& client, const CallContext& context, const Url& url,
                    const std::string& product, std::chrono::milliseconds timeout) {
    HttpRequest request;
    request.url = url.origin() + "/robots.txt";
    request.body_bytes_max = robots_bytes_max;
    request.timeout = timeout;
    HttpResponse response;
    try {
        response = client.send(context, request);
    } catch (const Error& error) {
        context.check();
        if (error.code() == ErrorCode::invalid_argument) {
            throw;
        }
        throw Error(ErrorCode::unavailable,
                    "robots.txt of " + url.authority() + " cannot be fetched: " + error.message());
    }
    if (response.status >= 500 || response.status == 429) {
        throw Error(ErrorCode::unavailable,
                    "robots.txt of " + url.authority() + " answers with status " +
                        std::to_string(response.status) +
                        ", so nothing there may be fetched now; try again later.");
    }
    return response.status == 200 ? Robots(response.body, product) : Robots();
}

const Robots& Fetcher::robots_of(const CallContext& context, const Url& url) {
    const auto known = robots_.find(url.origin());
    if (known != robots_.end()) {
        if (!known->second.failure.empty()) {
            throw Error(ErrorCode::unavailable, known->second.failure);
        }
        return known->second.robots;
    }
    KnownRobots fetched;
    try {
        fetched.robots = fetch_robots(client_, context, url, options_.product, robots_time);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::unavailable) {
            fetched.failure = error.message();
            robots_.emplace(url.origin(), std::move(fetched));
        }
        throw;
    }
    return robots_.emplace(url.origin(), std::move(fetched)).first->second.robots;
}

std::size_t Fetcher::at_once(const Ask& ask) const {
    const bool delayed = ask.crawl_delay && ask.crawl_delay->count() > 0;
    return delayed ? 1 : options_.fetches_per_host;
}

HttpResponse Fetcher::get(const CallContext& context, const Ask& ask) {
    Host& host = host_of(ask);
    for (int repeats = 0;; ++repeats) {
        HttpResponse response = send(context, ask, host);
        const bool refused = is_too_much(response.status);
        const auto asked =
            refused ? read_retry_after(response.header("retry-after"), options_.clock->now())
                    : std::nullopt;
        const std::scoped_lock lock(mutex_);
        if (!refused) {
            host.refused_in_a_row = 0;
            return response;
        }
        if (repeats == repeats_max || asked.value_or(back_off_first) > retry_after_max) {
            ++host.refused_in_a_row;
            return response;
        }
        back_off(host, asked);
    }
}

Fetcher::Host& Fetcher::host_of(const Ask& ask) {
    const std::scoped_lock lock(mutex_);
    Host& host = hosts_[ask.url.authority()];
    host.delay = std::max(host.delay, ask.crawl_delay.value_or(options_.delay));
    if (host.refused_in_a_row >= refused_in_a_row_max) {
        throw Error(ErrorCode::unavailable,
                    ask.url.authority() +
                        " asks for fewer requests; the rest of its pages was left "
                        "for another time.");
    }
    return host;
}

/// Under the lock.
void Fetcher::back_off(Host& host, std::optional<std::chrono::milliseconds> asked) {
    host.delay = std::min(std::max(host.delay * 2, back_off_first), back_off_max);
    host.free_at = std::max(host.free_at, options_.clock->steady_now() +
                                              std::max(asked.value_or(host.delay), host.delay));
}

HttpResponse Fetcher::send(const CallContext& context, const Ask& ask, Host& host) {
    wait_for_turn(context, host);
    HttpRequest request;
    request.url = ask.url.text();
    request.headers = ask.headers;
    request.redirects_max = 0;
    request.downgraded = is_secure_ && ask.url.scheme != "https";
    try {
        HttpResponse response = client_.send(context, request);
        end_turn(ask, host);
        return response;
    } catch (const Error&) {
        end_turn(ask, host);
        throw;
    }
}

void Fetcher::note_use(const Url& url) {
    const std::scoped_lock lock(mutex_);
    const auto host = hosts_.find(url.authority());
    if (host != hosts_.end()) {
        host->second.free_at = options_.clock->steady_now() + host->second.delay;
    }
}

void Fetcher::wait_for_turn(const CallContext& context, Host& host) {
    SteadyTime waited_for{};
    for (;;) {
        std::chrono::milliseconds left{0};
        {
            const std::scoped_lock lock(mutex_);
            const SteadyTime now = options_.clock->steady_now();
            // What was waited for is over, unless another thread took the turn meanwhile.
            if (host.free_at <= now || host.free_at == waited_for) {
                host.free_at = now + host.delay;
                return;
            }
            waited_for = host.free_at;
            left = std::chrono::ceil<std::chrono::milliseconds>(host.free_at - now);
        }
        options_.pause(context, left);
    }
}

void Fetcher::end_turn(const Ask& ask, Host& host) {
    const std::scoped_lock lock(mutex_);
    if (at_once(ask) == 1) {
        host.free_at = std::max(host.free_at, options_.clock->steady_now() + host.delay);
    }
}

std::optional<std::chrono::milliseconds> read_retry_after(std::string_view value, Timestamp now) {
    value = trim(value);
    if (const auto seconds = read_number(value)) {
        return std::chrono::seconds(*seconds);
    }
    const auto date = read_http_date(value);
    return date ? std::optional(std::max(*date - now, std::chrono::milliseconds(0))) : std::nullopt;
}

std::optional<Timestamp> read_http_date(std::string_view text) {
    // "Sun, 06 Nov 1994 08:49:37 GMT": RFC 9110, 5.6.7; the obsolete forms are not written any
    // more.
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() != 29 || !text.ends_with(" GMT")) {
        return std::nullopt;
    }
    const auto* const month = std::find(months.begin(), months.end(), text.substr(8, 3));
    if (month == months.end()) {
        return std::nullopt;
    }
    const auto number = static_cast<int>(month - months.begin()) + 1;
    return from_iso8601(std::string(text.substr(12, 4)) + (number < 10 ? "-0" : "-") +
                        std::to_string(number) + '-' + std::string(text.substr(5, 2)) + 'T' +
                        std::string(text.substr(17, 8)) + 'Z');
}

}  // namespace rag::crawl
