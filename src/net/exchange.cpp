#include "net/exchange.hpp"

#include "base/ascii.hpp"
#include "net/connection.hpp"
#include "net/httplib.hpp"
#include "net/inflate_limit.hpp"
#include "net/watchdog.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>

namespace rag::net {
namespace {

constexpr std::size_t addresses_max = 4;

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
                attempt.response.headers.emplace_back(ascii_lower(name), value);
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

enum class Outcome {
    answered,
    unreached,  ///< Nothing accepts the connection.
    dropped,    ///< A connection that had served before ended before anything of an answer came.
};

/// The part of an answer that the library's callbacks did not see.
void take_rest(const httplib::Result& result, Attempt& attempt) {
    if (attempt.body == nullptr) {
        // The library skips its callbacks for answers that have no body (HEAD, 204).
        attempt.response.status = result->status;
        for (const auto& [name, value] : result->headers) {
            attempt.response.headers.emplace_back(ascii_lower(name), value);
        }
        return;
    }
    attempt.response.truncated = attempt.body->truncated();
    attempt.response.body = attempt.body->take();
}

/// Throws Error for what no other connection would mend.
Outcome attempt_on(Connection& connection, const Hop& hop, HttpResponse& response) {
    Attempt attempt;
    Watchdog watchdog(hop.stop, hop.deadline);
    const auto result =
        connection.send(make_request(hop, attempt, watchdog), watchdog, hop.deadline);
    if (attempt.failure) {
        std::rethrow_exception(attempt.failure);
    }
    const bool cut = attempt.body != nullptr && attempt.body->truncated();
    const Verdict verdict = watchdog.verdict();
    if (!cut && (!result || verdict != Verdict::in_time)) {
        const bool unreached = result.error() == httplib::Error::Connection ||
                               result.error() == httplib::Error::ConnectionTimeout;
        const bool unanswered =
            attempt.body == nullptr &&
            (result.error() == httplib::Error::Read || result.error() == httplib::Error::Write);
        if (verdict == Verdict::in_time && (unreached || unanswered)) {
            return unreached ? Outcome::unreached : Outcome::dropped;
        }
        fail(hop, verdict, result.error());
    }
    take_rest(result, attempt);
    response = std::move(attempt.response);
    response.url = hop.url.text();
    return Outcome::answered;
}

/// As `attempt_on`, with whatever the library throws as an Error.
Outcome safe_attempt_on(Connection& connection, const Hop& hop, HttpResponse& response) {
    try {
        return attempt_on(connection, hop, response);
    } catch (const Error&) {
        throw;
    } catch (const std::exception&) {
        throw Error(ErrorCode::unavailable,
                    hop.url.authority() + " sent an answer that cannot be read.");
    }
}

}  // namespace

std::optional<HttpResponse> exchange_on(Connection& connection, const Hop& hop) {
    HttpResponse response;
    return safe_attempt_on(connection, hop, response) == Outcome::answered
               ? std::optional(std::move(response))
               : std::nullopt;
}

Exchanged exchange(const Hop& hop, Connection::Use use) {
    const std::size_t count = std::min(hop.addresses.size(), addresses_max);
    Exchanged exchanged;
    for (std::size_t i = 0; i < count; ++i) {
        exchanged.connection = std::make_unique<Connection>(hop.url, hop.addresses[i], use);
        switch (safe_attempt_on(*exchanged.connection, hop, exchanged.response)) {
            case Outcome::answered: return exchanged;
            case Outcome::dropped: fail(hop, Verdict::in_time, httplib::Error::Read);
            case Outcome::unreached: break;
        }
    }
    if (count > 0) {
        fail(hop, Verdict::in_time, httplib::Error::Connection);
    }
    throw Error(ErrorCode::unavailable, hop.url.authority() + " has no address to connect to.");
}

}  // namespace rag::net
