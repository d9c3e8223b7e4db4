#include "http/server.hpp"

#include "base/log.hpp"
#include "base/workers.hpp"
#include "http/session.hpp"
#include "rag/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

namespace rag::http {
namespace {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

constexpr auto token = net::as_tuple(net::use_awaitable);
constexpr std::chrono::milliseconds accept_pause{50};

net::ip::address resolve_host(const std::string& host) {
    if (host == "localhost") {
        return net::ip::address_v4::loopback();
    }
    error_code error;
    const std::string bare =
        host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
    const auto address = net::ip::make_address(bare, error);
    if (error) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("RAG_HOST '{}' is no address to listen on; give an IPv4 or IPv6 "
                                "address such as 127.0.0.1, or localhost.",
                                host));
    }
    return address;
}

}  // namespace

struct Server::Impl {
    Impl(ServerOptions options, std::vector<Route> routes, Workers& workers)
        : io(static_cast<int>(std::max<std::size_t>(1, options.io_threads))),
          budget(std::make_shared<BodyBudget>(options.limits.body_budget_bytes)),
          shared{std::move(options), RouteTable(std::move(routes)), workers, budget},
          acceptor(net::make_strand(io)) {}

    void bind();
    net::awaitable<void> async_accept_loop();
    void open_session(tcp::socket socket);
    void close_session(Session* session);
    bool wait_until_empty(std::chrono::milliseconds most);
    template <class Act>
    void for_each_session(Act act);

    net::io_context io;
    std::shared_ptr<BodyBudget> budget;
    Shared shared;
    tcp::acceptor acceptor;
    std::uint16_t port = 0;
    std::vector<std::thread> threads;

    // Guarded by mutex.
    mutable std::mutex mutex;
    std::condition_variable empty;
    std::set<std::shared_ptr<Session>> sessions;
};

void Server::Impl::bind() {
    const auto& options = shared.options;
    const tcp::endpoint endpoint(resolve_host(options.host), options.port);
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) {
        acceptor.set_option(net::socket_base::reuse_address(true), error);
    }
    if (!error && endpoint.address().is_v6()) {
        acceptor.set_option(net::ip::v6_only(false), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(net::socket_base::max_listen_connections, error);
    }
    if (error) {
        throw Error(ErrorCode::unavailable,
                    fmt::format("Cannot listen on {} port {}: {}. Give another with --port, or 0 "
                                "for a free one.",
                                options.host, options.port, error.message()));
    }
    port = acceptor.local_endpoint().port();
}

net::awaitable<void> Server::Impl::async_accept_loop() {
    net::steady_timer pause(acceptor.get_executor());
    while (!shared.draining) {
        auto [error, socket] = co_await acceptor.async_accept(net::make_strand(io), token);
        if (error == net::error::operation_aborted || error == net::error::bad_descriptor) {
            break;
        }
        if (error) {
            // Out of descriptors, most likely: one may be free in a moment.
            pause.expires_after(accept_pause);
            co_await pause.async_wait(token);
            continue;
        }
        open_session(std::move(socket));
    }
}

void Server::Impl::open_session(tcp::socket socket) {
    const auto executor = socket.get_executor();
    std::shared_ptr<Session> session;
    {
        const std::scoped_lock lock(mutex);
        if (sessions.size() >= shared.options.limits.connections_max || shared.draining) {
            return;  // Closes the socket.
        }
        session = std::make_shared<Session>(std::move(socket), shared);
        sessions.insert(session);
    }
    net::co_spawn(executor, session->async_run(),
                  [this, session = session.get()](std::exception_ptr failure) {
                      if (failure) {
                          log::error("A connection ended with a fault of ours.");
                      }
                      close_session(session);
                  });
}

void Server::Impl::close_session(Session* session) {
    const std::scoped_lock lock(mutex);
    for (auto i = sessions.begin(); i != sessions.end(); ++i) {
        if (i->get() == session) {
            sessions.erase(i);
            break;
        }
    }
    if (sessions.empty()) {
        empty.notify_all();
    }
}

bool Server::Impl::wait_until_empty(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex);
    return empty.wait_for(lock, most, [this] { return sessions.empty(); });
}

template <class Act>
void Server::Impl::for_each_session(Act act) {
    const std::scoped_lock lock(mutex);
    for (const auto& session : sessions) {
        act(*session);
    }
}

Server::Server(ServerOptions options, std::vector<Route> routes, Workers& workers)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(routes), workers)) {}

Server::~Server() {
    stop();
}

void Server::start() {
    impl_->bind();
    net::co_spawn(impl_->acceptor.get_executor(), impl_->async_accept_loop(),
                  [](std::exception_ptr failure) {
                      if (failure) {
                          log::error("The server accepts no more connections: a fault of ours.");
                      }
                  });
    for (std::size_t i = 0; i < std::max<std::size_t>(1, impl_->shared.options.io_threads); ++i) {
        impl_->threads.emplace_back([this] { impl_->io.run(); });
    }
}

std::uint16_t Server::port() const {
    return impl_->port;
}

void Server::stop() {
    if (impl_->threads.empty()) {
        return;
    }
    impl_->shared.draining = true;
    net::post(impl_->acceptor.get_executor(), [this] {
        error_code ignored;
        impl_->acceptor.close(ignored);
    });
    impl_->for_each_session([](Session& session) { session.drain(); });
    if (!impl_->wait_until_empty(impl_->shared.options.limits.drain_timeout)) {
        impl_->for_each_session([](Session& session) { session.abort(); });
    }
    // The threads end when nothing is left to do: every aborted session ends by itself.
    for (std::thread& thread : impl_->threads) {
        thread.join();
    }
    impl_->threads.clear();
}

std::size_t Server::connections() const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->sessions.size();
}

std::size_t Server::body_bytes_in_flight() const {
    return impl_->budget->used();
}

}  // namespace rag::http
