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

HttpResponse Fetcher::get(const CallContext& context, const Url& url, const HttpHeaders& headers) {
    const auto delay = robots_of(context, url).crawl_delay().value_or(options_.delay);
    Host& host = hosts_[url.authority()];
    host.delay = std::max(host.delay, delay);
    if (host.refused_in_a_row >= refused_in_a_row_max) {
        throw Error(ErrorCode::unavailable,
                    url.authority() +
                        " asks for fewer requests; the rest of its pages was left "
                        "for another time.");
    }
    for (int repeats = 0;; ++repeats) {
        HttpResponse response = send(context, url, headers, host);
        if (!is_too_much(response.status)) {
            host.refused_in_a_row = 0;
            return response;
        }
        const auto asked = read_retry_after(response.header("retry-after"), options_.clock->now());
        if (repeats == repeats_max || asked.value_or(back_off_first) > retry_after_max) {
            ++host.refused_in_a_row;
            return response;
        }
        host.delay = std::min(std::max(host.delay * 2, back_off_first), back_off_max);
        host.free_at =
            options_.clock->steady_now() + std::max(asked.value_or(host.delay), host.delay);
    }
}

HttpResponse Fetcher::send(const CallContext& context, const Url& url, const HttpHeaders& headers,
                           Host& host) {
    wait(context, host);
    HttpRequest request;
    request.url = url.text();
    request.headers = headers;
    request.redirects_max = 0;
    request.downgraded = is_secure_ && url.scheme != "https";
    try {
        HttpResponse response = client_.send(context, request);
        host.free_at = options_.clock->steady_now() + host.delay;
        return response;
    } catch (const Error&) {
        host.free_at = options_.clock->steady_now() + host.delay;
        throw;
    }
}

void Fetcher::wait(const CallContext& context, Host& host) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(host.free_at - options_.clock->steady_now());
    if (host.free_at != SteadyTime{} && left.count() > 0) {
        options_.pause(context, left);
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
