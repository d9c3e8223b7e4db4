#include "http/session.hpp"

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/workers.hpp"
#include "http/message.hpp"
#include "rag/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <array>

namespace rag::http {
namespace {

namespace net = boost::asio;
namespace wire = boost::beast::http;
using boost::system::error_code;

constexpr auto token = net::as_tuple(net::use_awaitable);

constexpr std::size_t read_bytes = 4096;
constexpr std::size_t body_piece_bytes = 16 * 1024;
constexpr std::size_t body_reserve_bytes_max = 1024 * 1024;
constexpr std::size_t linger_bytes_max = 64 * 1024 * 1024;
constexpr std::chrono::seconds linger_timeout{2};
constexpr const char* retry_after_seconds = "1";
/// The gate's answer, between a worker and the connection, for a request that may go on.
constexpr int let_pass = 0;

bool is_bodiless(int status) {
    return status == 204 || status == 304;
}

Response make_busy_response(std::string_view sentence) {
    Response response = make_error_response(503, sentence);
    response.headers.emplace_back("Retry-After", retry_after_seconds);
    return response;
}

Response make_failure_response(const Error& error) {
    switch (error.code()) {
        case ErrorCode::unauthorized: return make_error_response(401, error.message());
        case ErrorCode::unavailable: return make_busy_response(error.message());
        default:
            log::error("A handler failed: {}", error.message());
            return make_error_response(500, "The server met a fault of its own.");
    }
}

}  // namespace

Session::Session(net::ip::tcp::socket socket, Shared& shared)
    : shared_(shared),
      stream_(std::move(socket)),
      wake_(stream_.get_executor()),
      buffer_(shared.options.limits.head_bytes_max + read_bytes) {
    error_code ignored;
    stream_.socket().set_option(net::ip::tcp::no_delay(true), ignored);
    const auto endpoint = stream_.socket().remote_endpoint(ignored);
    peer_ = ignored ? std::string() : endpoint.address().to_string();
}

net::awaitable<void> Session::async_run() {
    const auto self = shared_from_this();
    while (keep_alive_ && !lost_) {
        if (!co_await async_wait_for_bytes()) {
            break;
        }
        const Step head = co_await async_read_head();
        if (head == Step::ended) {
            break;
        }
        if (head == Step::done) {
            co_await async_serve();
        }
        finish_request();
    }
    if (!lost_ && body_awaited()) {
        co_await async_linger();
    }
    finish_request();
    close_socket();
}

/// Nothing of the next request has come: a connection in this phase ends at once when the server
/// stops.
net::awaitable<bool> Session::async_wait_for_bytes() {
    parser_.reset();
    phase_ = Phase::idle;
    const auto& limits = shared_.options.limits;
    if (shared_.draining) {
        co_return false;
    }
    if (buffer_.size() > 0) {
        co_return true;
    }
    stream_.expires_after(served_ == 0 ? limits.head_timeout : limits.idle_timeout);
    auto [error, bytes] = co_await stream_.async_read_some(buffer_.prepare(read_bytes), token);
    buffer_.commit(bytes);
    co_return !error && !shared_.draining;
}

net::awaitable<Session::Step> Session::async_read_head() {
    phase_ = Phase::head;
    const auto& limits = shared_.options.limits;
    started_ = std::chrono::steady_clock::now();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(limits.head_bytes_max));
    parser_->body_limit(boost::none);
    request_ = Request();
    stream_.expires_after(limits.head_timeout);
    auto [error, bytes] = co_await wire::async_read_header(stream_, buffer_, *parser_, token);
    static_cast<void>(bytes);
    ++served_;
    if (!error) {
        phase_ = Phase::call;
        co_return Step::done;
    }
    if (error.category() != make_error_code(wire::error::bad_method).category() ||
        error == wire::error::end_of_stream || error == wire::error::partial_message || lost_) {
        co_return Step::ended;
    }
    keep_alive_ = false;
    const bool too_large =
        error == wire::error::header_limit || error == wire::error::buffer_overflow;
    Response response = too_large ? make_error_response(431, "The request's head is too large.")
                                  : make_error_response(400, "This is not a valid HTTP request.");
    co_await async_answer(std::move(response));
    co_return Step::refused;
}

/// False for a request that is malformed above the level of the parser.
bool Session::fill_request() {
    const auto& message = parser_->get();
    version_ = message.version();
    keep_alive_ = parser_->keep_alive();
    request_.peer = peer_;
    request_.method = std::string(message.method_string());
    std::size_t hosts = 0;
    for (const auto& field : message) {
        request_.headers.emplace_back(ascii_lower(field.name_string()), std::string(field.value()));
        hosts += field.name() == wire::field::host ? 1 : 0;
    }
    auto target = parse_target(message.target());
    if (!target || hosts > 1 || (version_ == 11 && hosts == 0) ||
        (version_ != 10 && version_ != 11)) {
        return false;
    }
    request_.path = std::move(target->path);
    request_.query = std::move(target->query);
    return true;
}

std::optional<Response> Session::refuse_head() {
    const auto& options = shared_.options;
    route_ = nullptr;
    if (!fill_request()) {
        keep_alive_ = false;
        return make_error_response(400, "This is not a valid HTTP request.");
    }
    if (request_.headers.size() > options.limits.header_fields_max) {
        keep_alive_ = false;
        return make_error_response(431, "The request has too many header fields.");
    }
    return std::nullopt;
}

net::awaitable<std::optional<Response>> Session::async_ask_gate() {
    const auto& options = shared_.options;
    if (!options.gate) {
        co_return std::nullopt;
    }
    if (!options.gate_waits || !options.gate_waits(request_)) {
        const std::unique_ptr<Response> refusal = options.gate(request_);
        co_return refusal ? std::optional(std::move(*refusal)) : std::nullopt;
    }
    stream_.expires_never();
    pending_ = std::make_shared<PendingRequest>(request_, BodyShare(shared_.budget), StreamLimits(),
                                                make_notify());
    const auto ask = [&gate = options.gate, exchange = make_exchange(pending_)]() mutable {
        const std::shared_ptr<Exchange> mine = std::move(exchange);
        std::unique_ptr<Response> refusal = gate(mine->request());
        mine->respond(refusal ? std::move(*refusal) : Response{let_pass, {}, {}});
    };
    if (!shared_.workers.try_post(ask)) {
        pending_->respond(make_busy_response("The server is busy; try again in a moment."));
    }
    std::optional<Answer> answer = co_await async_wait_for_answer();
    std::exchange(pending_, nullptr)->disconnect();
    if (!answer) {
        co_return std::nullopt;  // The connection is lost.
    }
    co_return answer->response.status == let_pass ? std::nullopt
                                                  : std::optional(std::move(answer->response));
}

std::optional<Response> Session::find_route() {
    const auto& options = shared_.options;
    const RouteTable::Match match = shared_.routes.find(request_.method, request_.path);
    if (match.route == nullptr) {
        if (match.allow.empty()) {
            return make_error_response(404, "There is nothing at this address.");
        }
        Response response = request_.method == "OPTIONS"
                                ? Response{204, {}, {}}
                                : make_error_response(405, "This address knows other methods.");
        response.headers.emplace_back("Allow", match.allow);
        return response;
    }
    route_ = match.route;
    const auto length = parser_->content_length();
    if (length && *length > options.limits.body_bytes_max) {
        return make_error_response(413, "The request's body is larger than RAG_MAX_BODY allows.");
    }
    return std::nullopt;
}

net::awaitable<void> Session::async_serve() {
    std::optional<Response> refusal = refuse_head();
    if (!refusal) {
        refusal = co_await async_ask_gate();
    }
    if (lost_) {
        co_return;
    }
    if (!refusal) {
        refusal = find_route();
    }
    BodyShare share(shared_.budget);
    if (!refusal && body_awaited()) {
        if (ascii_lower(request_.header("expect")) == "100-continue") {
            std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            if (!co_await async_write(std::move(go_on))) {
                co_return;
            }
        }
        if (co_await async_read_body(share) != Step::done) {
            co_return;
        }
    }
    if (refusal) {
        // The body is not read, so the connection cannot go on after it.
        keep_alive_ = keep_alive_ && !body_awaited();
        co_await async_answer(std::move(*refusal));
        co_return;
    }
    co_await async_handle(*route_, std::move(share));
}

net::awaitable<Session::Step> Session::async_read_body(BodyShare& share) {
    const auto& limits = shared_.options.limits;
    std::string& body = request_.body;
    const auto length = parser_->content_length();
    body.reserve(std::min(static_cast<std::size_t>(length.value_or(0)), body_reserve_bytes_max));
    const auto piece = std::make_unique<std::array<char, body_piece_bytes>>();
    stream_.expires_after(limits.body_timeout);
    std::optional<Response> refusal;
    while (!parser_->is_done() && !refusal) {
        auto& room = parser_->get().body();
        room.data = piece->data();
        room.size = piece->size();
        auto [error, bytes] = co_await wire::async_read_some(stream_, buffer_, *parser_, token);
        static_cast<void>(bytes);
        const std::size_t got = piece->size() - room.size;
        if (error && error != wire::error::need_buffer) {
            if (error.category() != make_error_code(wire::error::bad_method).category() ||
                error == wire::error::partial_message) {
                lost_ = true;
                co_return Step::ended;
            }
            refusal = make_error_response(400, "The request's body is not valid HTTP.");
        } else if (body.size() + got > limits.body_bytes_max) {
            refusal =
                make_error_response(413, "The request's body is larger than RAG_MAX_BODY allows.");
        } else if (!share.grow(got)) {
            refusal = make_busy_response("Too many large requests at once; try again.");
        } else {
            body.append(piece->data(), got);
        }
    }
    if (!refusal) {
        co_return Step::done;
    }
    keep_alive_ = false;
    body = std::string();
    co_await async_answer(std::move(*refusal));
    co_return Step::refused;
}

net::awaitable<void> Session::async_handle(const Route& route, BodyShare share) {
    const auto& limits = shared_.options.limits;
    // The body's time is over; from here on the call's own deadline counts.
    stream_.expires_never();
    const StreamLimits stream_limits{limits.stream_events_max, limits.stream_bytes_max};
    // What is written about the request afterwards needs its head, the handler the whole.
    Request whole = request_;
    whole.body = std::exchange(request_.body, std::string());
    pending_ = std::make_shared<PendingRequest>(std::move(whole), std::move(share), stream_limits,
                                                make_notify());
    dispatch(route);
    std::optional<Answer> answer = co_await async_wait_for_answer();
    if (!answer) {
        co_return;
    }
    if (answer->stream) {
        queue_ = answer->stream;
        co_await async_stream(std::move(*answer));
    } else {
        co_await async_answer(std::move(answer->response));
    }
}

void Session::dispatch(const Route& route) {
    const auto call = [&route, exchange = make_exchange(pending_)]() mutable {
        const std::shared_ptr<Exchange> mine = std::move(exchange);
        try {
            route.handler(mine);
        } catch (const Error& error) {
            // Of the second look at a token, when the request's body took longer than the first
            // look is believed.
            mine->respond(make_failure_response(error));
        } catch (const std::exception& error) {
            log::error("A handler of {} failed: {}", route.path, error.what());
            mine->respond(make_error_response(500, "The server met a fault of its own."));
        }
    };
    if (route.place == Place::network) {
        auto now = call;
        now();
    } else if (!shared_.workers.try_post(call)) {
        pending_->respond(make_busy_response("The server is busy; try again in a moment."));
    }
}

/// Null when the connection is lost before there is an answer.
net::awaitable<std::optional<Answer>> Session::async_wait_for_answer() {
    std::optional<Answer> answer = pending_->take_answer();
    if (answer) {
        co_return answer;
    }
    watch_peer();
    while (!lost_) {
        answer = pending_->take_answer();
        if (answer) {
            break;
        }
        wake_.expires_at(std::chrono::steady_clock::time_point::max());
        co_await wake_.async_wait(token);
    }
    stop_watching();
    co_return answer;
}

net::awaitable<void> Session::async_answer(Response response) {
    status_ = response.status;
    keep_alive_ = keep_alive_ && !shared_.draining;
    if (shared_.options.decorate) {
        shared_.options.decorate(request_, response.headers);
    }
    HeadOptions head;
    head.framing = is_bodiless(response.status) ? Framing::none : Framing::length;
    head.body_bytes = response.body.size();
    head.persistence = !keep_alive_     ? Persistence::close
                       : version_ == 10 ? Persistence::keep_alive_said
                                        : Persistence::keep_alive;
    std::string bytes = write_head(response.status, response.headers, head);
    if (request_.method != "HEAD" && !is_bodiless(response.status)) {
        bytes += response.body;
    }
    response.body = std::string();
    co_await async_write(std::move(bytes));
}

net::awaitable<void> Session::async_stream(Answer answer) {
    status_ = answer.response.status;
    const bool chunked = version_ == 11;
    keep_alive_ = keep_alive_ && chunked && !shared_.draining;
    if (shared_.options.decorate) {
        shared_.options.decorate(request_, answer.response.headers);
    }
    HeadOptions head;
    head.framing = chunked ? Framing::chunked : Framing::until_close;
    head.persistence = keep_alive_ ? Persistence::keep_alive : Persistence::close;
    std::string bytes = write_head(status_, answer.response.headers, head);
    if (!co_await async_write(std::move(bytes)) || request_.method == "HEAD") {
        co_return;
    }
    watch_peer();
    bool silent = false;
    while (!lost_) {
        std::string events = answer.stream->take_bytes();
        if (events.empty() && answer.stream->is_finished()) {
            break;
        }
        if (events.empty() && silent) {
            events = ": keep-alive\n\n";
        }
        silent = false;
        if (!events.empty()) {
            if (!co_await async_write(chunked ? write_chunk(events) : std::move(events))) {
                break;
            }
            continue;
        }
        wake_.expires_after(shared_.options.limits.stream_keep_alive);
        auto [error] = co_await wake_.async_wait(token);
        silent = !error;
    }
    stop_watching();
    lost_ = lost_ || answer.stream->is_overflown();
    if (!lost_ && chunked) {
        std::string end = "0\r\n\r\n";
        co_await async_write(std::move(end));
    }
}

net::awaitable<bool> Session::async_write(std::string bytes) {
    if (lost_) {
        co_return false;
    }
    stream_.expires_after(shared_.options.limits.write_timeout);
    auto [error, written] = co_await net::async_write(stream_, net::buffer(bytes), token);
    static_cast<void>(written);
    stream_.expires_never();
    if (error) {
        lost_ = true;
    }
    co_return !error;
}

/// An answer that goes out while the peer still sends would be lost with the reset that closing
/// causes (RFC 9112, section 9.6): ends our side, then reads what comes for a while.
net::awaitable<void> Session::async_linger() {
    phase_ = Phase::idle;
    error_code ignored;
    stream_.socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(linger_timeout);
    const auto waste = std::make_unique<std::array<char, body_piece_bytes>>();
    std::size_t total = 0;
    while (total < linger_bytes_max && !shared_.draining) {
        auto [error, bytes] = co_await stream_.async_read_some(net::buffer(*waste), token);
        if (error) {
            break;
        }
        total += bytes;
    }
}

}  // namespace rag::http
