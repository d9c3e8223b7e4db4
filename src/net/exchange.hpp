#pragma once

#include "base/url.hpp"
#include "net/address_guard.hpp"
#include "net/connection.hpp"
#include "rag/http_client.hpp"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace rag::net {

/// One request to one address, without redirects.
struct Hop {
    std::string method;
    Url url;
    HttpHeaders headers;
    std::string body;
    std::vector<IpAddress> addresses;  ///< Checked; tried in this order until one connects.
    std::size_t body_bytes_max = 0;
    std::stop_token stop;
    SteadyTime deadline;
};

struct Exchanged {
    HttpResponse response;
    std::unique_ptr<Connection> connection;  ///< That it came by; never null.
};

/// By a new connection to the first of the addresses that accepts one. Throws Error as
/// HttpClient::send does.
Exchanged exchange(const Hop& hop, Connection::Use use);

/// By a connection that served before. Null when the server had given it up before anything of the
/// answer came, so that what may be asked twice can go another way. Throws as `exchange`.
std::optional<HttpResponse> exchange_on(Connection& connection, const Hop& hop);

}  // namespace rag::net
