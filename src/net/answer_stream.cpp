#include "net/answer_stream.hpp"

#include "net/answer_header.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string_view>

namespace rag::net {
namespace {

constexpr std::size_t read_bytes = 16 * 1024;
constexpr std::size_t header_bytes_max = 512 * 1024;
constexpr std::string_view header_end = "\r\n\r\n";

int as_int(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

AnswerStream::AnswerStream(socket_t socket, SSL* ssl) : socket_(socket), ssl_(ssl) {
    if (ssl_ != nullptr) {
        SSL_set_mode(ssl_, SSL_MODE_AUTO_RETRY);
    }
}

ssize_t AnswerStream::read(char* out, std::size_t size) {
    if (in_header_) {
        take_header();
    }
    if (at_ == buffer_.size()) {
        buffer_.clear();
        at_ = 0;
        if (const ssize_t count = fill(); count <= 0) {
            return count;
        }
    }
    const std::size_t count = std::min(size, buffer_.size() - at_);
    buffer_.copy(out, count, at_);
    at_ += count;
    return static_cast<ssize_t>(count);
}

/// Nothing of the header is given out before all of it is there, interim answers before it included
/// (RFC 9110, 15.2). What is cut off or has no end is given out as it is, and the library says what
/// is wrong with it.
void AnswerStream::take_header() {
    in_header_ = false;
    for (std::size_t begin = 0;;) {
        std::size_t end = buffer_.find(header_end, begin);
        while (end == std::string::npos) {
            if (buffer_.size() > header_bytes_max || fill() <= 0) {
                return;
            }
            end = buffer_.find(header_end, begin);
        }
        end += header_end.size();
        const std::string header = buffer_.substr(begin, end - begin);
        if (!status_in(header).starts_with('1')) {
            buffer_.replace(begin, header.size(), without_false_framing(header));
            return;
        }
        begin = end;
    }
}

/// As recv(2).
ssize_t AnswerStream::fill() {
    std::array<char, read_bytes> step{};
    ssize_t count = 0;
    if (ssl_ != nullptr) {
        count = SSL_read(ssl_, step.data(), as_int(step.size()));
    } else {
        do {
            count = ::recv(socket_, step.data(), step.size(), 0);
        } while (count < 0 && errno == EINTR);
    }
    if (count > 0) {
        buffer_.append(step.data(), static_cast<std::size_t>(count));
    }
    return count;
}

ssize_t AnswerStream::write(const char* bytes, std::size_t size) {
    std::size_t sent = 0;
    while (sent < size) {
        ssize_t count = 0;
        if (ssl_ != nullptr) {
            count = SSL_write(ssl_, bytes + sent, as_int(size - sent));
        } else {
            count = ::send(socket_, bytes + sent, size - sent, MSG_NOSIGNAL);
        }
        if (count < 0 && ssl_ == nullptr && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return -1;
        }
        sent += static_cast<std::size_t>(count);
    }
    return static_cast<ssize_t>(sent);
}

void AnswerStream::get_remote_ip_and_port(std::string& ip, int& port) const {
    ip.clear();
    port = 0;
}

void AnswerStream::get_local_ip_and_port(std::string& ip, int& port) const {
    ip.clear();
    port = 0;
}

}  // namespace rag::net
