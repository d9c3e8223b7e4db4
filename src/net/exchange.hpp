#pragma once

#include "base/url.hpp"
#include "net/address_guard.hpp"
#include "rag/http_client.hpp"

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

/// Throws Error as HttpClient::send does.
HttpResponse exchange(const Hop& hop);

}  // namespace rag::net
