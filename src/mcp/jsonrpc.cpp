#include "mcp/jsonrpc.hpp"

#include "rag/error.hpp"

#include <limits>
#include <utility>

namespace rag::mcp {
namespace {

BadMessage refuse(std::optional<RequestId> id, std::string message) {
    return {std::move(id), {code::invalid_request, std::move(message), nullptr}};
}

ParsedMessage read_response(Json& object, std::optional<RequestId> id) {
    Message message;
    message.kind = Message::Kind::response;
    message.id = std::move(id);
    if (object.contains("error")) {
        if (!object["error"].is_object() || object.contains("result")) {
            return refuse(std::move(message.id),
                          "A response has either a result or an error object.");
        }
        message.error = std::move(object["error"]);
    } else if (!message.id) {
        return refuse(std::nullopt, "A response with a result needs an id.");
    } else {
        message.result = std::move(object["result"]);
    }
    return message;
}

ParsedMessage read_message(Json& object) {
    if (!object.is_object()) {
        return refuse(std::nullopt, "A message is a JSON object.");
    }
    const auto id_at = object.find("id");
    std::optional<RequestId> id;
    if (id_at != object.end()) {
        id = read_request_id(*id_at);
    }
    const auto version = object.find("jsonrpc");
    if (version == object.end() || *version != "2.0") {
        return refuse(std::move(id), "The member jsonrpc must be the string \"2.0\".");
    }
    const auto method = object.find("method");
    if (method == object.end()) {
        if (object.contains("result") || object.contains("error")) {
            return read_response(object, std::move(id));
        }
        return refuse(std::move(id), "The message has neither a method nor a result nor an error.");
    }
    if (!method->is_string()) {
        return refuse(std::move(id), "The member method must be a string.");
    }
    if (id_at != object.end() && !id) {
        return refuse(std::nullopt, "The member id must be a string or an integer, never null.");
    }
    Message message;
    message.kind = id ? Message::Kind::request : Message::Kind::notification;
    message.id = std::move(id);
    message.method = method->get<std::string>();
    if (const auto params = object.find("params"); params != object.end()) {
        if (!params->is_object()) {
            return refuse(std::move(message.id), "The member params must be an object.");
        }
        message.params = std::move(*params);
    }
    return message;
}

ParsedText one(ParsedMessage message) {
    ParsedText parsed;
    parsed.messages.push_back(std::move(message));
    return parsed;
}

}  // namespace

Json to_json(const RequestId& id) {
    return std::visit([](const auto& value) { return Json(value); }, id.value);
}

std::optional<RequestId> read_request_id(const Json& value) {
    if (value.is_string()) {
        return RequestId{value.get<std::string>()};
    }
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() >
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return std::nullopt;
    }
    if (value.is_number_integer()) {
        return RequestId{value.get<std::int64_t>()};
    }
    return std::nullopt;
}

ParsedText parse_messages(std::string_view text) {
    Json value;
    try {
        value = parse_json(text);
    } catch (const Error& error) {
        return one(BadMessage{std::nullopt, {code::parse_error, error.message(), nullptr}});
    }
    if (!value.is_array()) {
        return one(read_message(value));
    }
    if (value.empty() || value.size() > batch_messages_max) {
        return one(refuse(std::nullopt, "A batch holds 1 to " + std::to_string(batch_messages_max) +
                                            " messages; this one holds " +
                                            std::to_string(value.size()) + "."));
    }
    ParsedText parsed;
    parsed.is_batch = true;
    for (Json& item : value) {
        parsed.messages.push_back(read_message(item));
    }
    return parsed;
}

Json make_response(const RequestId& id, Json result) {
    return {{"jsonrpc", "2.0"}, {"id", to_json(id)}, {"result", std::move(result)}};
}

Json make_error(const std::optional<RequestId>& id, const RpcError& error) {
    Json object = {{"code", error.code}, {"message", error.message}};
    if (!error.data.is_null()) {
        object["data"] = error.data;
    }
    Json message = {{"jsonrpc", "2.0"}, {"error", std::move(object)}};
    if (id) {
        message["id"] = to_json(*id);
    }
    return message;
}

Json make_notification(std::string_view method, Json params) {
    return {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

Json make_request(const RequestId& id, std::string_view method, Json params) {
    return {
        {"jsonrpc", "2.0"}, {"id", to_json(id)}, {"method", method}, {"params", std::move(params)}};
}

}  // namespace rag::mcp
