#include "mcp/client_capabilities.hpp"

#include <string>

namespace rag::mcp {
namespace {

bool has_object(const Json& object, std::string_view key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_object();
}

}  // namespace

ClientCapabilities read_client_capabilities(const Json& object) {
    ClientCapabilities capabilities;
    if (!object.is_object()) {
        return capabilities;
    }
    capabilities.sampling = has_object(object, "sampling");
    capabilities.roots = has_object(object, "roots");
    if (has_object(object, "elicitation")) {
        const Json& elicitation = object["elicitation"];
        capabilities.elicitation_url = elicitation.contains("url");
        capabilities.elicitation_form =
            elicitation.contains("form") || !capabilities.elicitation_url;
    }
    capabilities.tasks =
        has_object(object, "extensions") && has_object(object["extensions"], tasks_extension);
    return capabilities;
}

std::optional<Json> find_missing_capability(const ClientCapabilities& declared,
                                            const Json& request) {
    const std::string method = request.value("method", "");
    if (method == "sampling/createMessage" && !declared.sampling) {
        return Json{{"sampling", Json::object()}};
    }
    if (method == "roots/list" && !declared.roots) {
        return Json{{"roots", Json::object()}};
    }
    if (method == "elicitation/create") {
        const bool url = request.contains("params") && request["params"].value("mode", "") == "url";
        if (url && !declared.elicitation_url) {
            return Json{{"elicitation", {{"url", Json::object()}}}};
        }
        if (!url && !declared.elicitation_form) {
            return Json{{"elicitation", {{"form", Json::object()}}}};
        }
    }
    return std::nullopt;
}

unsigned to_bits(const ClientCapabilities& capabilities) {
    return (capabilities.sampling ? 1U : 0U) | (capabilities.roots ? 2U : 0U) |
           (capabilities.elicitation_form ? 4U : 0U) | (capabilities.elicitation_url ? 8U : 0U) |
           (capabilities.tasks ? 16U : 0U);
}

ClientCapabilities capabilities_from_bits(unsigned bits) {
    return {.sampling = (bits & 1U) != 0,
            .roots = (bits & 2U) != 0,
            .elicitation_form = (bits & 4U) != 0,
            .elicitation_url = (bits & 8U) != 0,
            .tasks = (bits & 16U) != 0};
}

}  // namespace rag::mcp
