// How a connection learns that something has happened, that its peer has gone, and how it ends.

#include "http/session.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <sys/socket.h>
#include <cerrno>
#include <utility>

namespace rag::http {
namespace {

namespace net = boost::asio;
using boost::system::error_code;

}  // namespace

Notify Session::make_notify() {
    // Called only until the connection disconnects the request, so the session is alive then.
    return [weak = weak_from_this()] {
        if (auto self = weak.lock()) {
            const auto executor = self->stream_.get_executor();
            net::post(executor, [self = std::move(self)] { self->wake(); });
        }
    };
}

void Session::wake() {
    if (queue_ && queue_->is_overflown()) {
        // The write that the peer does not take would hold its events until it times out.
        close_socket();
    }
    wake_.cancel();
}

/// While a call runs nothing is read; the socket becoming readable means either bytes of the next
/// request or the peer's end, and a peek tells which.
void Session::watch_peer() {
    const std::uint64_t number = ++watch_;
    const auto report = [self = shared_from_this(), number](error_code error) {
        if (!error && number == self->watch_) {
            self->look_at_peer();
        }
    };
    stream_.socket().async_wait(net::ip::tcp::socket::wait_read,
                                net::bind_executor(stream_.get_executor(), report));
}

void Session::stop_watching() {
    ++watch_;
    error_code ignored;
    stream_.socket().cancel(ignored);
}

void Session::look_at_peer() {
    char byte = 0;
    const auto got = ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) {
        return;  // The next request is there already; its end will be seen when it is read.
    }
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        watch_peer();
        return;
    }
    // A peer that has only ended its own side may still wait for a plain answer: it is written if
    // the handler gives one all the same.
    keep_alive_ = false;
    lost_ = lost_ || got < 0 || queue_ != nullptr;
    pending_->request_stop();
    wake();
}

void Session::finish_request() {
    if (status_ != 0 && shared_.options.on_served) {
        Served served;
        served.method = request_.method;
        served.route = route_ != nullptr ? std::string_view(route_->path) : std::string_view();
        served.status = status_;
        served.duration = std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::steady_clock::now() - started_);
        shared_.options.on_served(served);
    }
    status_ = 0;
    route_ = nullptr;
    const auto queue = std::exchange(queue_, nullptr);
    const auto pending = std::exchange(pending_, nullptr);
    if (queue) {
        queue->disconnect();
    }
    if (pending) {
        pending->disconnect();
    }
}

void Session::close_socket() {
    lost_ = true;
    error_code ignored;
    stream_.socket().shutdown(net::ip::tcp::socket::shutdown_both, ignored);
    stream_.socket().close(ignored);
    stream_.cancel();
}

void Session::drain() {
    net::post(stream_.get_executor(), [self = shared_from_this()] {
        if (self->phase_ != Phase::call) {
            self->close_socket();
        } else if (self->queue_) {
            self->queue_->close();
        }
    });
}

void Session::abort() {
    net::post(stream_.get_executor(), [self = shared_from_this()] {
        if (self->pending_) {
            self->pending_->request_stop();
        }
        self->close_socket();
        self->wake();
    });
}

}  // namespace rag::http
