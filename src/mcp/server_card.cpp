#include "mcp/server_card.hpp"

#include <utility>

namespace rag::mcp {
namespace {

void add_if_there(Json& object, const char* key, const std::string& value) {
    if (!value.empty()) {
        object[key] = value;
    }
}

Json list_capability(bool changes) {
    return changes ? Json{{"listChanged", true}} : Json::object();
}

}  // namespace

Json server_info(const ServerCard& card) {
    Json info = {{"name", card.name}, {"version", card.version}};
    add_if_there(info, "title", card.title);
    add_if_there(info, "description", card.description);
    add_if_there(info, "websiteUrl", card.website_url);
    if (card.icons.is_array()) {
        info["icons"] = card.icons;
    }
    return info;
}

Json server_capabilities(const ServerCard& card, Revision revision) {
    Json resources = list_capability(card.changing.resources);
    resources["subscribe"] = true;
    Json capabilities = {{"logging", Json::object()},
                         {"tools", list_capability(card.changing.tools)},
                         {"prompts", list_capability(card.changing.prompts)},
                         {"resources", std::move(resources)}};
    if (has_completions_capability(revision)) {
        capabilities["completions"] = Json::object();
    }
    if (era_of(revision) == Era::modern && card.extensions.is_object()) {
        capabilities["extensions"] = card.extensions;
    }
    return capabilities;
}

}  // namespace rag::mcp
