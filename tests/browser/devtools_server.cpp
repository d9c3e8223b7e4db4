#include "browser/devtools_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <atomic>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

namespace rag::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;

/// Blocking, on one thread. The end shuts the socket of the moment down, which ends every wait.
struct DevtoolsServer::State {
    explicit State(DevtoolsScript given)
        : script(std::move(given)),
          acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
        if (script.certificate != nullptr) {
            SSL_CTX_use_certificate(tls.native_handle(), script.certificate);
            SSL_CTX_use_PrivateKey(tls.native_handle(), script.key);
        }
        thread = std::thread([this] { run(); });
    }

    void run() {
        for (;;) {
            boost::system::error_code error;
            tcp::socket socket(io);
            acceptor.accept(socket, error);
            if (over || error) {
                return;
            }
            {
                const std::scoped_lock lock(mutex);
                served = socket.native_handle();
            }
            try {
                serve(std::move(socket));
            } catch (const std::exception&) {
                // The client left; the next one may come.
            }
            const std::scoped_lock lock(mutex);
            served = -1;
        }
    }

    void serve(tcp::socket socket) {
        if (script.certificate != nullptr) {
            asio::ssl::stream<tcp::socket> stream(std::move(socket), tls);
            stream.handshake(asio::ssl::stream_base::server);
            converse(std::move(stream));
        } else {
            converse(std::move(socket));
        }
    }

    template <class Stream>
    void converse(Stream stream) {
        beast::flat_buffer buffer;
        beast::http::request<beast::http::string_body> request;
        beast::http::read(stream, buffer, request);
        note(request);
        wait(script.delay);
        if (!script.raw_answer.empty()) {
            asio::write(stream, asio::buffer(script.raw_answer));
            return;
        }
        websocket::stream<Stream> socket(std::move(stream));
        socket.accept(request);
        if (script.close_code != 0) {
            socket.close(websocket::close_reason(script.close_code));
            return;
        }
        if (script.deaf) {
            wait(std::chrono::seconds(30));
            return;
        }
        try {
            answer(socket);
        } catch (const boost::system::system_error& error) {
            if (error.code() == websocket::error::closed) {
                farewell = static_cast<int>(socket.reason().code);
            }
            throw;
        }
    }

    template <class Socket>
    void answer(Socket& socket) {
        for (int number = 1;; ++number) {
            beast::flat_buffer buffer;
            socket.read(buffer);
            if (number == script.broken_off_at) {
                return;
            }
            const std::string message = beast::buffers_to_string(buffer.data());
            for (const std::string& text :
                 script.answer ? script.answer(message) : std::vector<std::string>{}) {
                socket.write(asio::buffer(text));
            }
        }
    }

    template <class Request>
    void note(const Request& request) {
        std::ostringstream head;
        head << request.base();
        const std::scoped_lock lock(mutex);
        heads.push_back(head.str());
    }

    void wait(std::chrono::milliseconds time) {
        const auto end = std::chrono::steady_clock::now() + time;
        while (!over && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    void stop() {
        over = true;
        {
            const std::scoped_lock lock(mutex);
            if (served >= 0) {
                ::shutdown(served, SHUT_RDWR);
            }
        }
        ::shutdown(acceptor.native_handle(), SHUT_RDWR);
        thread.join();
    }

    const DevtoolsScript script;
    asio::io_context io;
    asio::ssl::context tls{asio::ssl::context::tls_server};
    tcp::acceptor acceptor;
    std::atomic<bool> over = false;
    std::atomic<int> farewell = 0;
    mutable std::mutex mutex;
    int served = -1;
    std::vector<std::string> heads;
    std::thread thread;
};

DevtoolsServer::DevtoolsServer(DevtoolsScript script)
    : state_(std::make_unique<State>(std::move(script))) {}

DevtoolsServer::~DevtoolsServer() {
    state_->stop();
}

int DevtoolsServer::port() const {
    return state_->acceptor.local_endpoint().port();
}

std::vector<std::string> DevtoolsServer::heads() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->heads;
}

int DevtoolsServer::farewell() const {
    return state_->farewell;
}

}  // namespace rag::test
