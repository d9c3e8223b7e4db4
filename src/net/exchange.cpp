#include "net/exchange.hpp"

#include "net/inflate_limit.hpp"
#include "net/watchdog.hpp"
#include "rag/error.hpp"

#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>

namespace rag::net {
namespace {

constexpr std::size_t addresses_max = 4;
constexpr std::chrono::seconds connect_time{10};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

/// What became of an attempt, gathered by the library's callbacks.
struct Attempt {
    HttpResponse response;
    std::unique_ptr<BodyLimit> body;
    std::exception_ptr failure;  ///< Exceptions must not pass through the library.
};

httplib::Request make_request(const Hop& hop, Attempt& attempt, Watchdog& watchdog) {
    httplib::Request request;
    request.method = hop.method;
    request.path = hop.url.target();
    request.body = hop.body;
    for (const auto& [name, value] : hop.headers) {
        request.headers.emplace(name, value);
    }
    request.response_handler = [&](const httplib::Response& answer) {
        watchdog.headers_arrived();
        try {
            // Copied here, because the library gives no answer when the body is cut short.
            attempt.response.status = answer.status;
            for (const auto& [name, value] : answer.headers) {
                attempt.response.headers.emplace_back(lower(name), value);
            }
            attempt.body = std::make_unique<BodyLimit>(answer.get_header_value("Content-Encoding"),
                                                       hop.body_bytes_max);
            return true;
        } catch (...) {
            attempt.failure = std::current_exception();
            return false;
        }
    };
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t,
                                   std::uint64_t) {
        try {
            return attempt.body != nullptr && watchdog.verdict() == Verdict::in_time &&
                   attempt.body->feed({data, size});
        } catch (...) {
            attempt.failure = std::current_exception();
            return false;
        }
    };
    return request;
}

void set_up(httplib::Client& client, const Hop& hop, const IpAddress& address, Watchdog& watchdog) {
    const auto left = std::max(std::chrono::milliseconds{1},
                               std::chrono::duration_cast<std::chrono::milliseconds>(
                                   hop.deadline - std::chrono::steady_clock::now()));
    client.set_hostname_addr_map({{hop.url.host, address.text()}});
    client.set_connection_timeout(std::min<std::chrono::milliseconds>(left, connect_time));
    client.set_read_timeout(left + std::chrono::seconds{1});
    client.set_write_timeout(left + std::chrono::seconds{1});
    client.set_tcp_nodelay(true);
    client.set_follow_location(false);
    client.set_decompress(false);
    client.set_url_encode(false);
    client.set_keep_alive(false);
    client.set_socket_options([&watchdog](auto socket) { watchdog.watch(socket); });
}

[[noreturn]] void fail(const Hop& hop, Verdict verdict, httplib::Error error) {
    const std::string host = hop.url.authority();
    switch (verdict) {
        case Verdict::stopped: throw Error(ErrorCode::cancelled, "The call was cancelled.");
        case Verdict::late:
            throw Error(ErrorCode::deadline_exceeded,
                        host +
                            " did not answer completely in time; try again later, or allow "
                            "more time.");
        case Verdict::headers_too_long:
            throw Error(ErrorCode::unavailable, host + " sent headers without end.");
        case Verdict::in_time: break;
    }
    if (error == httplib::Error::SSLServerVerification) {
        throw Error(ErrorCode::unavailable,
                    host + " shows a certificate that this machine does not trust for that name.");
    }
    const bool connecting = error == httplib::Error::Connection ||
                            error == httplib::Error::ConnectionTimeout ||
                            error == httplib::Error::SSLConnection;
    throw Error(ErrorCode::unavailable,
                connecting ? host + " cannot be reached: nothing accepts the connection."
                           : host + " broke the connection off or does not speak HTTP.");
}

/// Null when nothing accepted the connection at this address, and another may be tried.
std::optional<HttpResponse> attempt_at(const Hop& hop, const IpAddress& address, bool last) {
    Attempt attempt;
    Watchdog watchdog(hop.stop, hop.deadline);
    const std::string host =
        hop.url.host.find(':') == std::string::npos ? hop.url.host : '[' + hop.url.host + ']';
    httplib::Client client(hop.url.scheme + "://" + host + ':' + std::to_string(hop.url.port));
    set_up(client, hop, address, watchdog);
    const auto result = client.send(make_request(hop, attempt, watchdog));
    if (attempt.failure) {
        std::rethrow_exception(attempt.failure);
    }
    if (attempt.body == nullptr && result) {
        // The library skips its callbacks for answers that have no body (HEAD, 204, 304).
        attempt.response.status = result->status;
        for (const auto& [name, value] : result->headers) {
            attempt.response.headers.emplace_back(lower(name), value);
        }
        return std::move(attempt.response);
    }
    const bool cut = attempt.body != nullptr && attempt.body->truncated();
    if (!result && !cut) {
        const Verdict verdict = watchdog.verdict();
        const bool unreached = result.error() == httplib::Error::Connection ||
                               result.error() == httplib::Error::ConnectionTimeout;
        if (verdict == Verdict::in_time && unreached && !last) {
            return std::nullopt;
        }
        fail(hop, verdict, result.error());
    }
    attempt.response.truncated = cut;
    attempt.response.body = attempt.body->take();
    return std::move(attempt.response);
}

}  // namespace

HttpResponse exchange(const Hop& hop) {
    const std::size_t count = std::min(hop.addresses.size(), addresses_max);
    for (std::size_t i = 0; i < count; ++i) {
        try {
            auto response = attempt_at(hop, hop.addresses[i], i + 1 == count);
            if (response) {
                response->url = hop.url.text();
                return std::move(*response);
            }
        } catch (const Error&) {
            throw;
        } catch (const std::exception&) {
            throw Error(ErrorCode::unavailable,
                        hop.url.authority() + " sent an answer that cannot be read.");
        }
    }
    throw Error(ErrorCode::unavailable, hop.url.authority() + " has no address to connect to.");
}

}  // namespace rag::net
