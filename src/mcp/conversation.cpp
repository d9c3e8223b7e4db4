#include "mcp/conversation.hpp"

#include "base/hash.hpp"
#include "mcp/errors.hpp"

#include <string>
#include <utility>

namespace rag::mcp {
namespace {

constexpr int legacy_rounds_max = 16;
constexpr std::string_view logger_name = "rag-memory";

bool is_client_method(const std::string& method) {
    return method == "elicitation/create" || method == "sampling/createMessage" ||
           method == "roots/list";
}

}  // namespace

void send_log(const Call& call, Outlet& outlet, LogLevel level, const Json& data) {
    if (!call.log_level || level < *call.log_level) {
        return;
    }
    outlet.send(
        make_notification("notifications/message",
                          {{"level", to_string(level)}, {"logger", logger_name}, {"data", data}}),
        Importance::droppable);
}

void check_capabilities(const ClientCapabilities& declared, const InputNeeded& needed) {
    for (const auto& [key, request] : needed.requests) {
        if (!is_client_method(request.value("method", ""))) {
            throw Error(ErrorCode::internal, "A handler asked the client for '" + key + "'.");
        }
        if (const std::optional<Json> missing = find_missing_capability(declared, request)) {
            throw RpcFailure(code::missing_client_capability,
                             "This call needs a capability that the client did not declare: " +
                                 dump_json(*missing) + ".",
                             {{"requiredCapabilities", *missing}});
        }
    }
}

std::optional<ToolResult> Conversation::carry(const Round& round) {
    Dialogue dialogue = open_dialogue();
    for (int i = 0; i < legacy_rounds_max; ++i) {
        ToolResult result = round(dialogue);
        if (!result.input_needed) {
            return result;
        }
        check_capabilities(call_.capabilities, *result.input_needed);
        if (era_of(call_.revision) == Era::modern) {
            interim_ = make_interim(*result.input_needed);
            return std::nullopt;
        }
        dialogue.responses = ask_legacy(*result.input_needed);
        dialogue.state = std::move(result.input_needed->state);
    }
    throw Error(ErrorCode::unavailable, "The client's answers did not lead to an end.");
}

Dialogue Conversation::open_dialogue() const {
    Dialogue dialogue;
    dialogue.log = [this](LogLevel level, const Json& data) { log(level, data); };
    dialogue.let_go = [this] { outlet_.let_go(); };
    dialogue.can_ask = [this](const Json& request) {
        return !find_missing_capability(call_.capabilities, request);
    };
    if (era_of(call_.revision) == Era::modern) {
        read_modern_answers(dialogue);
    }
    return dialogue;
}

void Conversation::read_modern_answers(Dialogue& dialogue) const {
    if (const auto responses = call_.params.find("inputResponses");
        responses != call_.params.end()) {
        if (!responses->is_object()) {
            throw RpcFailure(code::invalid_params, "params.inputResponses must be an object.");
        }
        for (const auto& [key, response] : responses->items()) {
            if (!response.is_object()) {
                throw RpcFailure(code::invalid_params,
                                 "params.inputResponses." + key + " must be an object.");
            }
        }
        dialogue.responses = *responses;
    }
    const auto sealed = call_.params.find("requestState");
    if (sealed == call_.params.end()) {
        return;
    }
    std::optional<Json> opened =
        sealed->is_string() ? seal_.open(sealed->get_ref<const std::string&>()) : std::nullopt;
    if (!opened || !opened->is_object() || (*opened)["for"] != binding() ||
        (*opened)["until"] < clock_.now().time_since_epoch().count()) {
        throw RpcFailure(code::invalid_params,
                         "params.requestState is not one of ours, is for another request, or has "
                         "expired.");
    }
    dialogue.state = std::move((*opened)["state"]);
}

Json Conversation::make_interim(const InputNeeded& needed) const {
    Json interim = {{"resultType", "input_required"}};
    if (!needed.requests.empty()) {
        interim["inputRequests"] = needed.requests;
    }
    if (!needed.state.is_null() || needed.requests.empty()) {
        const Timestamp until = clock_.now() + request_state_lifetime;
        interim["requestState"] = seal_.close({{"for", binding()},
                                               {"until", until.time_since_epoch().count()},
                                               {"state", needed.state}});
    }
    return interim;
}

/// What a state is good for: this principal, this method, these parameters.
Json Conversation::binding() const {
    Json params = call_.params;
    for (const char* key : {"_meta", "inputResponses", "requestState"}) {
        params.erase(key);
    }
    return Json::array({call_.caller.principal, call_.method, sha256_hex(dump_json(params))});
}

Json Conversation::ask_legacy(const InputNeeded& needed) const {
    if (!call_.client) {
        throw Error(ErrorCode::unavailable, "This call needs a client that can be asked back.");
    }
    Json responses = Json::object();
    for (const auto& [key, request] : needed.requests) {
        Json params = request.contains("params") ? request["params"] : Json::object();
        responses[key] = call_.client->requests().ask(
            context_, outlet_, request["method"].get<std::string>(), std::move(params));
    }
    return responses;
}

void Conversation::log(LogLevel level, const Json& data) const {
    send_log(call_, outlet_, level, data);
}

}  // namespace rag::mcp
