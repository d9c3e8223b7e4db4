#pragma once

#include "base/url.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace rag::browser {

/// What a browser asks its proxy for (RFC 9110, 9.3.6; RFC 9112, 3.2).
struct ProxyRequest {
    bool is_tunnel = false;       ///< CONNECT: bytes both ways.
    Url url;                      ///< Of a tunnel only host and port mean something.
    std::string head;             ///< What the origin is sent; empty for a tunnel.
    std::int64_t body_bytes = 0;  ///< What of the body follows the head.
};

/// Reads a head with its closing blank line. The origin gets the target in its own form, a Host
/// that is the target's, and no header that is between browser and proxy. Throws
/// Error{invalid_argument} for whatever is no such request; a body must come with its length.
ProxyRequest read_proxy_request(std::string_view head);

struct AnswerHead {
    std::string head;         ///< Says that the connection ends with this answer.
    bool is_interim = false;  ///< 1xx: another head follows.
};

/// What the browser is told of an origin's head, so that it sends nothing further on a connection
/// that leads to one checked address. Throws Error{unavailable} for what is no HTTP/1 answer, or a
/// change of protocol.
AnswerHead rewrite_answer(std::string_view head);

}  // namespace rag::browser
