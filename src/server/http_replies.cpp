#include "server/http_replies.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/mirrored_headers.hpp"

#include <algorithm>
#include <utility>

namespace rag::server {
namespace {

std::string media_type(std::string_view value) {
    return ascii_lower(trim(value.substr(0, value.find(';'))));
}

/// Whether the range's weight is zero: "not this".
bool is_excluded(std::string_view range) {
    const std::string text = ascii_lower(range);
    const std::size_t at = text.find("q=");
    return at != std::string::npos && text.find_first_not_of("0. ", at + 2) == std::string::npos;
}

}  // namespace

Accepted read_accept(const http::Request& request) {
    const std::optional<std::string> header = header_of(request, "accept");
    if (!header || header->empty()) {
        return {};
    }
    Accepted accepted{false, false, false};
    std::string_view rest = *header;
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const std::string_view range = rest.substr(0, comma);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        if (is_excluded(range)) {
            continue;
        }
        const std::string type = media_type(range);
        accepted.json |= type == "application/json" || type == "application/*" || type == "*/*";
        accepted.events_named |= type == "text/event-stream";
        accepted.events |= type == "text/event-stream" || type == "text/*" || type == "*/*";
    }
    return accepted;
}

std::optional<std::string> header_of(const http::Request& request, std::string_view name) {
    return mcp::find_header(request.headers, name);
}

bool has_json_body(const http::Request& request) {
    const std::optional<std::string> type = header_of(request, "content-type");
    return type && media_type(*type) == "application/json";
}

http::Response json_response(int status, const Json& message) {
    http::Response response;
    response.status = status;
    response.headers = {{"Content-Type", "application/json"}};
    response.body = dump_json(message);
    return response;
}

http::Response refusal(int status, int code, const std::string& sentence) {
    return json_response(status, mcp::make_error(std::nullopt, {code, sentence, nullptr}));
}

http::Response accepted() {
    http::Response response;
    response.status = 202;
    return response;
}

HttpHeaders event_stream_headers() {
    return {{"Content-Type", "text/event-stream"},
            {"Cache-Control", "no-cache, no-transform"},
            {"X-Accel-Buffering", "no"}};
}

}  // namespace rag::server
