#include "net/scripted_site.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace rag::testing {

ScriptedSite::ScriptedSite(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("no port on loopback");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
}

ScriptedSite::~ScriptedSite() {
    over_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    if (const int current = current_; current >= 0) {
        ::shutdown(current, SHUT_RDWR);
    }
    thread_.join();
    ::close(listener_);
}

std::string ScriptedSite::authority() const {
    return "127.0.0.1:" + std::to_string(port_);
}

std::string ScriptedSite::url(const std::string& path) const {
    return "http://" + authority() + path;
}

std::vector<std::string> ScriptedSite::requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
}

void ScriptedSite::serve() {
    while (!over_) {
        const int connection = ::accept(listener_, nullptr, nullptr);
        if (connection < 0) {
            return;
        }
        ++connections_;
        current_ = connection;
        if (!over_) {
            serve_connection(connection);
        }
        current_ = -1;
        ::close(connection);
    }
}

void ScriptedSite::serve_connection(int connection) {
    std::string received;
    std::array<char, 4096> step{};
    for (;;) {
        std::size_t end = received.find("\r\n\r\n");
        while (end == std::string::npos) {
            const ssize_t count = ::recv(connection, step.data(), step.size(), 0);
            if (count <= 0) {
                ++closed_;
                return;
            }
            received.append(step.data(), static_cast<std::size_t>(count));
            end = received.find("\r\n\r\n");
        }
        std::size_t number = 0;
        {
            const std::scoped_lock lock(mutex_);
            number = requests_.size();
            requests_.push_back(received.substr(0, end));
        }
        received.erase(0, end + 4);
        const std::string answer = script_(number);
        if (answer.empty()) {
            return;
        }
        ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
        if (answer.find("Connection: close") != std::string::npos) {
            return;
        }
    }
}

std::string answer_of(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace rag::testing
