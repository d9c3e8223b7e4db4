#pragma once

#include "base/json.hpp"
#include "http/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rag::server {

/// Which kinds of answer a client takes (RFC 9110, section 12.5.1).
struct Accepted {
    bool json = true;
    bool events = true;         ///< text/event-stream, if need be by a wildcard.
    bool events_named = false;  ///< text/event-stream by its name.
};

/// Without an Accept header: everything.
Accepted read_accept(const http::Request& request);

/// The header's value, or null. `name` in lower case.
std::optional<std::string> header_of(const http::Request& request, std::string_view name);

/// Whether the body says it is JSON; parameters are ignored.
bool has_json_body(const http::Request& request);

http::Response json_response(int status, const Json& message);
/// A JSON-RPC error without id: clients tell the protocol's eras apart by the body of a 4xx.
http::Response refusal(int status, int code, const std::string& sentence);
/// 202 without a body: what notifications and responses get.
http::Response accepted();

/// The headers of an event stream: nothing on the way may keep, buffer or change it.
HttpHeaders event_stream_headers();

}  // namespace rag::server
