#include "support/wire_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace rag::test {
namespace {

constexpr int patience_s = 10;

}  // namespace

WireClient::WireClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience{patience_s, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("cannot connect to the server under test");
    }
}

WireClient::WireClient(WireClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), received_(std::move(other.received_)) {}

WireClient::~WireClient() {
    close();
}

void WireClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;  // The peer has ended; what it said is still to be read.
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::size_t WireClient::send_some(std::string_view bytes) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

bool WireClient::fill() {
    std::array<char, 65536> piece{};
    const auto got = ::recv(socket_, piece.data(), piece.size(), 0);
    if (got <= 0) {
        return false;
    }
    received_.append(piece.data(), static_cast<std::size_t>(got));
    return true;
}

std::string WireClient::read_until(std::string_view mark) {
    std::size_t found = received_.find(mark);
    while (found == std::string::npos) {
        if (!fill()) {
            return std::exchange(received_, std::string());
        }
        found = received_.find(mark);
    }
    std::string text = received_.substr(0, found + mark.size());
    received_.erase(0, text.size());
    return text;
}

std::string WireClient::read_answer() {
    std::string answer = read_until("\r\n\r\n");
    const std::string name = "Content-Length: ";
    const std::size_t at = answer.find(name);
    const std::size_t length =
        at == std::string::npos ? 0 : std::stoul(answer.substr(at + name.size()));
    while (received_.size() < length && fill()) {
    }
    const std::size_t body = std::min(length, received_.size());
    answer += received_.substr(0, body);
    received_.erase(0, body);
    return answer;
}

std::string WireClient::read_all() {
    while (fill()) {
    }
    return std::exchange(received_, std::string());
}

bool WireClient::is_ended() {
    std::array<char, 1> byte{};
    const auto got = ::recv(socket_, byte.data(), byte.size(), 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

void WireClient::shutdown_send() {
    ::shutdown(socket_, SHUT_WR);
}

void WireClient::close() {
    if (socket_ >= 0) {
        ::close(std::exchange(socket_, -1));
    }
}

void WireClient::set_receive_buffer(int bytes) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

std::string get(std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string post(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

int status_of(std::string_view answer) {
    return answer.size() < 12 ? 0 : std::stoi(std::string(answer.substr(9, 3)));
}

std::string body_of(std::string_view answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    return end == std::string_view::npos ? std::string() : std::string(answer.substr(end + 4));
}

}  // namespace rag::test
