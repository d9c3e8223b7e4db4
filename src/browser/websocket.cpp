// The one file that knows Beast's WebSocket.

#include "browser/websocket.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/version.hpp"
#include "rag/error.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace rag::browser {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds slice{50};
/// What a large message needed is given back after it.
constexpr std::size_t buffer_bytes_kept = 1U << 20U;
/// What a client sends is masked in a buffer of this size.
constexpr std::size_t mask_bytes = 64 * 1024;

using SecureLayer = asio::ssl::stream<tcp::socket>;

tcp::endpoint endpoint_of(const net::IpAddress& address, std::uint16_t port) {
    return {asio::ip::make_address(address.text()), port};
}

/// How a step came out; outlives the step's owner where nobody waits for it any more.
struct Outcome {
    std::optional<error_code> error;
};

/// A message on its way, and who waits for it.
struct Sending {
    std::string text;
    std::mutex mutex;
    std::condition_variable_any changed;
    std::optional<error_code> error;  ///< Guarded by the mutex; set when it is done.

    void finish(const error_code& how) {
        {
            const std::scoped_lock lock(mutex);
            error = how;
        }
        changed.notify_all();
    }
};

std::string explain_declined(unsigned status) {
    const std::string said = "answered with status " + std::to_string(status);
    switch (status) {
        case 401:
        case 403: return said + ": the token or password in RAG_BROWSER is missing or wrong.";
        case 404:
            return said +
                   ": there is no browser under this path. A Chromium's path changes with "
                   "each start; give http://HOST:PORT in RAG_BROWSER to have it found.";
        case 429: return said + ": it has too many sessions now; try again later.";
        case 503: return said + ": it has no browser free now; try again later.";
        default:
            return said +
                   " instead of opening a WebSocket; check host, port and path in "
                   "RAG_BROWSER.";
    }
}

template <class Layer>
constexpr bool is_secure = std::is_same_v<Layer, SecureLayer>;

/// Everything of Asio runs on the thread that owns the object, within `complete` and `receive`.
template <class Layer>
class WebsocketTransport final : public Transport {
public:
    template <class... Arguments>
    WebsocketTransport(RemoteAddress address, const WebsocketLimits& limits,
                       Arguments&&... arguments)
        : address_(std::move(address)),
          limits_(limits),
          stream_(io_, std::forward<Arguments>(arguments)...) {}
    ~WebsocketTransport() override;
    WebsocketTransport(const WebsocketTransport&) = delete;
    WebsocketTransport& operator=(const WebsocketTransport&) = delete;

    void open(const std::vector<net::IpAddress>& hosts, const std::stop_token& over);

    void receive(std::chrono::milliseconds time, const OnMessage& on_message) override;
    void send(std::string message, const std::stop_token& over, SteadyTime deadline) override;
    void wake() override {
        asio::post(io_, [] {});
    }
    std::string find_fault() override { return {}; }
    pid_t group() const override { return -1; }

private:
    tcp::socket& socket() { return beast::get_lowest_layer(stream_); }
    Error unavailable(const std::string& what) const {
        return {ErrorCode::unavailable, "The browser at " + address_.place() + ' ' + what};
    }

    /// Starts a step with a handler and runs it to its end. Null when it did not come in time.
    template <class Start>
    std::optional<error_code> complete(const std::stop_token& over, std::chrono::milliseconds time,
                                       const Start& start);
    void connect(const std::vector<net::IpAddress>& hosts, const std::stop_token& over);
    void secure(const std::stop_token& over);
    void shake_hands(const std::stop_token& over);
    void read_next();
    std::string explain_end(const error_code& error) const;

    const RemoteAddress address_;
    const WebsocketLimits limits_;
    asio::io_context io_{1};
    websocket::stream<Layer, false> stream_;
    beast::flat_buffer buffer_;
    const OnMessage* on_message_ = nullptr;  ///< While something is received.
    std::optional<error_code> broken_;       ///< Why nothing more comes.
    std::exception_ptr complaint_;           ///< What `on_message_` threw.
};

template <class Layer>
template <class Start>
std::optional<error_code> WebsocketTransport<Layer>::complete(const std::stop_token& over,
                                                              std::chrono::milliseconds time,
                                                              const Start& start) {
    const auto end = std::chrono::steady_clock::now() + time;
    const auto outcome = std::make_shared<Outcome>();
    start([outcome](const error_code& error, auto&&...) { outcome->error = error; });
    io_.restart();
    while (!outcome->error) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0 || over.stop_requested()) {
            return std::nullopt;
        }
        io_.run_one_for(std::min(left, slice));
    }
    return outcome->error;
}

template <class Layer>
void WebsocketTransport<Layer>::open(const std::vector<net::IpAddress>& hosts,
                                     const std::stop_token& over) {
    connect(hosts, over);
    if constexpr (is_secure<Layer>) {
        secure(over);
    }
    shake_hands(over);
    read_next();
}

template <class Layer>
void WebsocketTransport<Layer>::connect(const std::vector<net::IpAddress>& hosts,
                                        const std::stop_token& over) {
    std::string why = "its name leads nowhere";
    for (const net::IpAddress& host : hosts) {
        error_code ignored;
        socket().close(ignored);
        const auto error = complete(over, limits_.connect, [&](auto handler) {
            socket().async_connect(endpoint_of(host, address_.url.port), handler);
        });
        if (error && !*error) {
            socket().set_option(tcp::no_delay(true), ignored);
            return;
        }
        why = error ? error->message() : "nothing answers";
    }
    throw unavailable("cannot be reached (" + why +
                      "); check that it runs, and the host and port in RAG_BROWSER.");
}

template <class Layer>
void WebsocketTransport<Layer>::secure(const std::stop_token& over) {
    auto& tls = stream_.next_layer();
    if (!net::parse_address(address_.url.host)) {
        SSL_set_tlsext_host_name(tls.native_handle(), address_.url.host.c_str());
    }
    tls.set_verify_callback(asio::ssl::host_name_verification(address_.url.host));
    const auto error = complete(over, limits_.handshake, [&](auto handler) {
        tls.async_handshake(asio::ssl::stream_base::client, handler);
    });
    if (!error) {
        throw unavailable("did not finish its TLS handshake in time.");
    }
    if (*error) {
        const long verdict = SSL_get_verify_result(tls.native_handle());
        throw unavailable(
            verdict == X509_V_OK
                ? "speaks no TLS that is understood (" + error->message() +
                      "); check the port, and whether it is ws:// or http:// rather."
                : std::string("has a certificate that is not trusted for this name (") +
                      X509_verify_cert_error_string(verdict) +
                      "); an authority of your own is named with SSL_CERT_FILE.");
    }
}

template <class Layer>
void WebsocketTransport<Layer>::shake_hands(const std::stop_token& over) {
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = limits_.handshake;
    timeout.idle_timeout = limits_.silence;
    timeout.keep_alive_pings = true;
    stream_.set_option(timeout);
    stream_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
        request.set(beast::http::field::user_agent, "rag-memory/" + std::string(version));
        if (!address_.credentials.empty()) {
            request.set(beast::http::field::authorization,
                        "Basic " + to_base64(address_.credentials));
        }
    }));
    stream_.read_message_max(limits_.message_bytes);
    stream_.auto_fragment(false);
    stream_.write_buffer_bytes(mask_bytes);
    const auto answer = std::make_shared<websocket::response_type>();
    const auto error = complete(over, limits_.handshake, [&](auto handler) {
        stream_.async_handshake(*answer, address_.url.authority(), address_.url.target(),
                                [answer, handler](const error_code& how) { handler(how); });
    });
    if (!error || *error == beast::error::timeout) {
        throw unavailable(
            "did not open a WebSocket in time; it may be overloaded, or something "
            "else listens there.");
    }
    if (*error == websocket::error::upgrade_declined) {
        throw unavailable(explain_declined(answer->result_int()));
    }
    if (*error) {
        throw unavailable("does not speak WebSocket (" + error->message() +
                          "); check scheme, host, port and path in RAG_BROWSER.");
    }
}

template <class Layer>
void WebsocketTransport<Layer>::read_next() {
    stream_.async_read(buffer_, [this](const error_code& error, std::size_t size) {
        if (error) {
            broken_ = error;
            return;
        }
        if (on_message_ != nullptr) {
            const auto data = buffer_.cdata();
            try {
                (*on_message_)({static_cast<const char*>(data.data()), size});
            } catch (...) {
                complaint_ = std::current_exception();
            }
        }
        buffer_.consume(size);
        if (buffer_.capacity() > buffer_bytes_kept) {
            buffer_.clear();
            buffer_.shrink_to_fit();
        }
        read_next();
    });
}

template <class Layer>
void WebsocketTransport<Layer>::receive(std::chrono::milliseconds time,
                                        const OnMessage& on_message) {
    on_message_ = &on_message;
    io_.restart();
    if (!broken_ && io_.run_one_for(time) > 0) {
        io_.poll();
    }
    on_message_ = nullptr;
    if (complaint_) {
        std::rethrow_exception(std::exchange(complaint_, nullptr));
    }
    if (broken_) {
        throw unavailable(explain_end(*broken_));
    }
}

template <class Layer>
std::string WebsocketTransport<Layer>::explain_end(const error_code& error) const {
    if (error == websocket::error::closed) {
        return "closed the connection (" + std::to_string(stream_.reason().code) + ").";
    }
    if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
        return "sent a message that is longer than what is read.";
    }
    if (error == beast::error::timeout) {
        return "does not answer any more.";
    }
    return "broke the connection off (" + error.message() + ").";
}

template <class Layer>
void WebsocketTransport<Layer>::send(std::string message, const std::stop_token& over,
                                     SteadyTime deadline) {
    const auto sending = std::make_shared<Sending>();
    sending->text = std::move(message);
    asio::post(io_, [this, sending] {
        if (broken_) {
            sending->finish(*broken_);
            return;
        }
        stream_.text(true);
        stream_.async_write(
            asio::buffer(sending->text),
            [sending](const error_code& error, std::size_t) { sending->finish(error); });
    });
    std::unique_lock lock(sending->mutex);
    const bool done = sending->changed.wait_until(lock, over, deadline,
                                                  [&] { return sending->error.has_value(); });
    if (done && !*sending->error) {
        return;
    }
    if (!done && !over.stop_requested()) {
        throw Error(ErrorCode::deadline_exceeded, "The browser was too busy to take a command.");
    }
    throw unavailable("takes no commands any more.");
}

template <class Layer>
WebsocketTransport<Layer>::~WebsocketTransport() {
    try {
        if (!broken_ && stream_.is_open()) {
            complete({}, limits_.farewell, [this](auto handler) {
                stream_.async_close(websocket::close_code::normal, handler);
            });
        }
    } catch (const std::exception& error) {
        log::debug("no farewell to the browser: {}", error.what());
    }
}

asio::ssl::context make_context() {
    asio::ssl::context context(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    context.set_default_verify_paths();
    context.set_verify_mode(asio::ssl::verify_peer);
    return context;
}

}  // namespace

std::unique_ptr<Transport> open_websocket(const RemoteAddress& address,
                                          const std::vector<net::IpAddress>& hosts,
                                          const WebsocketLimits& limits,
                                          const std::stop_token& over) {
    try {
        if (address.url.scheme == "https") {
            // The stream keeps what it needs of the context.
            asio::ssl::context context = make_context();
            auto transport =
                std::make_unique<WebsocketTransport<SecureLayer>>(address, limits, context);
            transport->open(hosts, over);
            return transport;
        }
        auto transport = std::make_unique<WebsocketTransport<tcp::socket>>(address, limits);
        transport->open(hosts, over);
        return transport;
    } catch (const boost::system::system_error& error) {
        throw Error(ErrorCode::unavailable,
                    "The browser at " + address.place() + " cannot be reached: " + error.what());
    }
}

}  // namespace rag::browser
