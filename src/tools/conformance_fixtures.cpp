#include "tools/conformance_fixtures.hpp"

#include "tools/fixture_parts.hpp"

namespace rag::tools {

const char* const fixture_png =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg==";
const char* const fixture_wav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

Json text_content(const std::string& text) {
    return {{"type", "text"}, {"text", text}};
}

Json fixture_definition(const std::string& name, const std::string& description,
                        Json input_schema) {
    if (input_schema.is_null()) {
        input_schema = {{"type", "object"}, {"properties", Json::object()}};
    }
    return {{"name", name}, {"description", description}, {"inputSchema", std::move(input_schema)}};
}

Json elicitation_request(const std::string& message, Json properties, Json required) {
    return {{"method", "elicitation/create"},
            {"params",
             {{"mode", "form"},
              {"message", message},
              {"requestedSchema",
               {{"type", "object"},
                {"properties", std::move(properties)},
                {"required", std::move(required)}}}}}};
}

Json sampling_request(const std::string& prompt, int tokens_max) {
    return {{"method", "sampling/createMessage"},
            {"params",
             {{"messages", Json::array({{{"role", "user"}, {"content", text_content(prompt)}}})},
              {"maxTokens", tokens_max}}}};
}

Json roots_request() {
    return {{"method", "roots/list"}, {"params", Json::object()}};
}

std::unique_ptr<mcp::ResourceProvider> register_conformance_fixtures(mcp::Registry& registry,
                                                                     mcp::ChangeHub& changes) {
    add_fixture_content_tools(registry, changes);
    add_fixture_dialogue_tools(registry);
    add_fixture_task_tools(registry);
    add_fixture_prompts(registry);
    auto resources = make_fixture_resources();
    registry.set_resources(*resources);
    return resources;
}

}  // namespace rag::tools
