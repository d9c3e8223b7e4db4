#include "mcp/legacy.hpp"

#include "mcp/errors.hpp"

#include <string>
#include <utility>

namespace rag::mcp {

Call admit_legacy(Message message, const Arrival& arrival) {
    Call call;
    call.id = std::move(*message.id);
    call.method = std::move(message.method);
    call.params = std::move(message.params);
    call.wire = arrival.wire;
    call.caller = arrival.caller;
    call.client = arrival.client;
    call.revision = unstated_legacy;
    if (call.client) {
        call.revision = call.client->revision();
        call.capabilities = call.client->capabilities();
        call.log_level = call.client->log_level();
    }
    const auto meta = call.params.find("_meta");
    if (meta != call.params.end() && meta->is_object() && meta->contains("progressToken")) {
        const Json& token = (*meta)["progressToken"];
        if (!read_request_id(token)) {
            throw RpcFailure(code::invalid_params,
                             "params._meta.progressToken must be a string or an integer.");
        }
        call.progress_token = token;
        call.wants_stream = true;
    }
    return call;
}

Json initialize(const Call& call, const ServerCard& card) {
    const auto requested = call.params.find("protocolVersion");
    if (requested == call.params.end() || !requested->is_string()) {
        throw RpcFailure(code::invalid_params, "initialize needs the string protocolVersion.");
    }
    const Revision revision = negotiate(requested->get<std::string>());
    if (call.client) {
        const auto capabilities = call.params.find("capabilities");
        call.client->agree(revision, capabilities != call.params.end()
                                         ? read_client_capabilities(*capabilities)
                                         : ClientCapabilities{});
    }
    Json result = {{"protocolVersion", to_string(revision)},
                   {"capabilities", server_capabilities(card, revision)},
                   {"serverInfo", server_info(card)}};
    if (!card.instructions.empty()) {
        result["instructions"] = card.instructions;
    }
    return result;
}

Json set_log_level(const Call& call) {
    const auto word = call.params.find("level");
    const std::optional<LogLevel> level = word != call.params.end() && word->is_string()
                                              ? parse_log_level(word->get_ref<const std::string&>())
                                              : std::nullopt;
    if (!level) {
        throw RpcFailure(code::invalid_params,
                         "level must be one of debug, info, notice, warning, error, critical, "
                         "alert, emergency.");
    }
    if (call.client) {
        call.client->set_log_level(*level);
    }
    return Json::object();
}

}  // namespace rag::mcp
