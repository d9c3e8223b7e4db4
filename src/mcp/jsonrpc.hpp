#pragma once

#include "base/json.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rag::mcp {

/// A request's id: a string or an integer, kept by type, so that 1 and "1" are two ids.
struct RequestId {
    std::variant<std::int64_t, std::string> value;

    auto operator<=>(const RequestId&) const = default;
};

Json to_json(const RequestId& id);
/// Null for anything but a string or an integer.
std::optional<RequestId> read_request_id(const Json& value);

/// The codes of JSON-RPC 2.0 and of the protocol's revisions.
namespace code {
constexpr int parse_error = -32700;
constexpr int invalid_request = -32600;
constexpr int method_not_found = -32601;
constexpr int invalid_params = -32602;
constexpr int internal_error = -32603;
constexpr int header_mismatch = -32020;               // modern
constexpr int missing_client_capability = -32021;     // modern
constexpr int unsupported_protocol_version = -32022;  // modern
constexpr int resource_not_found = -32002;            // legacy
constexpr int transport_refusal = -32000;             // legacy: 4xx of the transport itself
constexpr int session_not_found = -32001;             // legacy
}  // namespace code

struct RpcError {
    int code = code::internal_error;
    std::string message;
    Json data;  ///< Null: none.
};

/// One message that came in. `params` is always an object (empty where the sender left it out).
struct Message {
    enum class Kind { request, notification, response };

    Kind kind = Kind::notification;
    std::optional<RequestId> id;  ///< Of requests and responses; a response to nothing has none.
    std::string method;           ///< Of requests and notifications.
    Json params = Json::object();
    Json result;  ///< Of responses: the result, or null where `error` is set.
    Json error;   ///< Of responses: the error object, or null.
};

/// A message that is not one: what is wrong, and the id where it could be read.
struct BadMessage {
    std::optional<RequestId> id;
    RpcError error;
};

using ParsedMessage = std::variant<Message, BadMessage>;

/// What one body or one line held.
struct ParsedText {
    bool is_batch = false;
    std::vector<ParsedMessage> messages;  ///< Never empty; exactly one unless is_batch.
};

constexpr std::size_t batch_messages_max = 100;

/// Reads one message or one batch. Whatever the text holds, the answer says it; throws nothing but
/// std::bad_alloc. An empty or oversized batch is one BadMessage that is no batch.
ParsedText parse_messages(std::string_view text);

Json make_response(const RequestId& id, Json result);
/// Without an `id` where none could be read: no revision's schema allows null there.
Json make_error(const std::optional<RequestId>& id, const RpcError& error);
Json make_notification(std::string_view method, Json params);
Json make_request(const RequestId& id, std::string_view method, Json params);

}  // namespace rag::mcp
