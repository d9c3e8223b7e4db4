#pragma once

#include "net/httplib.hpp"

#include <cstddef>
#include <string>

namespace rag::net {

/// What the library reads answers from. An answer of status 304 has no body, whatever its header
/// fields say (RFC 9112, 6.3), but the library would wait for one until the connection closes; so
/// the fields that would make it wait are replaced. Reads without a time of its own: whoever
/// watches the call shuts the socket down. Used by one thread.
class AnswerStream final : public httplib::Stream {
public:
    /// A connected, blocking socket; `ssl` is null without TLS.
    AnswerStream(socket_t socket, SSL* ssl);

    bool is_readable() const override { return true; }
    bool is_writable() const override { return true; }
    ssize_t read(char* out, std::size_t size) override;
    ssize_t write(const char* bytes, std::size_t size) override;
    void get_remote_ip_and_port(std::string& ip, int& port) const override;
    void get_local_ip_and_port(std::string& ip, int& port) const override;
    socket_t socket() const override { return socket_; }

    /// Whether bytes came that nobody has read.
    bool has_surplus() const { return at_ < buffer_.size(); }

private:
    ssize_t fill();
    void take_header();

    const socket_t socket_;
    SSL* const ssl_;
    bool in_header_ = true;
    std::string buffer_;
    std::size_t at_ = 0;  ///< Read of the buffer.
};

}  // namespace rag::net
