#pragma once

// Private to the room: only its sources include this; everyone else sees server.hpp.

#include "http/body_budget.hpp"
#include "http/exchange.hpp"
#include "http/route_table.hpp"
#include "http/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rag::http {

/// What all connections of a server share. Constant after construction but for the counters.
struct Shared {
    ServerOptions options;
    RouteTable routes;
    Workers& workers;
    std::shared_ptr<BodyBudget> budget;
    std::atomic<bool> draining{false};
};

/// One connection: reads requests one after the other, has them handled, writes the answers. All
/// its state lives on its strand; drain() and abort() may be called from any thread.
class Session final : public std::enable_shared_from_this<Session> {
public:
    Session(boost::asio::ip::tcp::socket socket, Shared& shared);

    /// Serves until the connection ends. Spawned once, on the strand.
    boost::asio::awaitable<void> async_run();

    void drain();  ///< Ends after the request that is being handled, at once when there is none.
    void abort();  ///< Requests the stop of what runs and closes the socket.

private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;
    enum class Phase { idle, head, call };
    /// What came of reading a part of a request.
    enum class Step { done, refused, ended };

    boost::asio::awaitable<Step> async_read_head();
    boost::asio::awaitable<bool> async_wait_for_bytes();
    boost::asio::awaitable<Step> async_read_body(BodyShare& share);
    boost::asio::awaitable<void> async_serve();
    boost::asio::awaitable<std::optional<Response>> async_ask_gate();
    boost::asio::awaitable<void> async_handle(const Route& route, BodyShare share);
    boost::asio::awaitable<std::optional<Answer>> async_wait_for_answer();
    boost::asio::awaitable<void> async_answer(Response response);
    boost::asio::awaitable<void> async_stream(Answer answer);
    boost::asio::awaitable<bool> async_write(std::string bytes);
    boost::asio::awaitable<void> async_linger();

    bool fill_request();
    std::optional<Response> refuse_head();
    std::optional<Response> find_route();  ///< Sets route_, or says why there is none.
    void dispatch(const Route& route);
    Notify make_notify();
    void wake();
    void watch_peer();
    void stop_watching();
    void look_at_peer();
    void finish_request();
    void close_socket();
    bool body_awaited() const { return parser_ && !parser_->is_done(); }

    Shared& shared_;
    boost::beast::tcp_stream stream_;
    boost::asio::steady_timer wake_;
    boost::beast::flat_buffer buffer_;
    std::string peer_;

    // Of the request in hand.
    Phase phase_ = Phase::idle;
    std::optional<Parser> parser_;
    Request request_;
    const Route* route_ = nullptr;
    std::shared_ptr<PendingRequest> pending_;
    std::shared_ptr<StreamQueue> queue_;
    std::chrono::steady_clock::time_point started_;
    int status_ = 0;
    unsigned version_ = 11;
    std::uint64_t watch_ = 0;  ///< The current watch's number; older ones report nothing.
    std::size_t served_ = 0;
    bool keep_alive_ = true;
    bool lost_ = false;  ///< The peer is gone or the socket closed.
};

}  // namespace rag::http
