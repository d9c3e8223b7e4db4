#include "tools/fixture_parts.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace rag::tools {
namespace {

using mcp::Dialogue;
using mcp::ToolResult;

constexpr std::chrono::milliseconds step_pause{50};

Json image_content() {
    return {{"type", "image"}, {"data", fixture_png}, {"mimeType", "image/png"}};
}

Json resource_content(const char* uri, const char* mime_type, const char* text) {
    return {{"type", "resource"},
            {"resource", {{"uri", uri}, {"mimeType", mime_type}, {"text", text}}}};
}

ToolResult content_result(std::vector<Json> content) {
    ToolResult result;
    result.content = std::move(content);
    return result;
}

void add_content_tool(mcp::Registry& registry, const char* name, const char* description,
                      const std::vector<Json>& content) {
    mcp::Tool tool;
    tool.name = name;
    tool.definition = fixture_definition(name, description);
    tool.handler = [content](const CallContext&, const Json&) { return content_result(content); };
    registry.add_tool(std::move(tool));
}

void add_error_tool(mcp::Registry& registry) {
    mcp::Tool tool;
    tool.name = "test_error_handling";
    tool.definition = fixture_definition(tool.name, "Fails on purpose.");
    tool.handler = [](const CallContext&, const Json&) {
        ToolResult result =
            content_result({text_content("This tool intentionally returns an error for testing")});
        result.is_error = true;
        return result;
    };
    registry.add_tool(std::move(tool));
}

void add_progress_tool(mcp::Registry& registry) {
    mcp::Tool tool;
    tool.name = "test_tool_with_progress";
    tool.definition = fixture_definition(tool.name, "Reports progress three times.");
    tool.handler = [](const CallContext& context, const Json&) {
        for (const double done : {0.0, 50.0, 100.0}) {
            context.check();
            context.report({done, 100.0, "Completed step " + std::to_string(done) + " of 100"});
            std::this_thread::sleep_for(step_pause);
        }
        return content_result({text_content("Progress was reported.")});
    };
    registry.add_tool(std::move(tool));
}

void add_logging_tool(mcp::Registry& registry, const char* name) {
    mcp::Tool tool;
    tool.name = name;
    tool.definition = fixture_definition(name, "Logs to the client three times.");
    tool.dialogue_handler = [](const CallContext& context, const Json&, const Dialogue& dialogue) {
        for (const char* line :
             {"Tool execution started", "Tool processing data", "Tool execution completed"}) {
            context.check();
            dialogue.log(mcp::LogLevel::info, line);
            std::this_thread::sleep_for(step_pause);
        }
        return content_result({text_content("Messages were logged.")});
    };
    registry.add_tool(std::move(tool));
}

void add_change_tool(mcp::Registry& registry, mcp::ChangeHub& changes, const char* name,
                     mcp::ListKind kind) {
    mcp::Tool tool;
    tool.name = name;
    tool.definition = fixture_definition(name, "Tells subscribers that a list has changed.");
    tool.handler = [&changes, kind](const CallContext&, const Json&) {
        changes.list_changed(kind);
        return content_result({text_content("Subscribers were told.")});
    };
    registry.add_tool(std::move(tool));
}

/// The keywords that must come through tools/list as they are (SEP-1613, SEP-2106).
Json rich_schema() {
    return Json::parse(R"({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties":
            {"street": {"type": "string"}, "city": {"type": "string"}}}},
        "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"}, "email": {"type": "string"}},
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false})");
}

void add_schema_tools(mcp::Registry& registry) {
    mcp::Tool rich;
    rich.name = "json_schema_2020_12_tool";
    rich.definition =
        fixture_definition(rich.name, "Has a schema with many keywords.", rich_schema());
    rich.handler = [](const CallContext&, const Json&) {
        return content_result({text_content("The arguments fit the schema.")});
    };
    registry.add_tool(std::move(rich));

    mcp::Tool mirrored;
    mirrored.name = "test_x_mcp_header";
    mirrored.definition = fixture_definition(
        mirrored.name, "Has an argument that clients mirror into a header.",
        {{"type", "object"},
         {"properties", {{"region", {{"type", "string"}, {"x-mcp-header", "Region"}}}}}});
    mirrored.handler = [](const CallContext&, const Json& arguments) {
        return content_result({text_content("Region: " + arguments.value("region", "none"))});
    };
    registry.add_tool(std::move(mirrored));
}

}  // namespace

void add_fixture_content_tools(mcp::Registry& registry, mcp::ChangeHub& changes) {
    const Json resource = resource_content("test://embedded-resource", "text/plain",
                                           "This is an embedded resource content.");
    add_content_tool(registry, "test_simple_text", "Returns a text.",
                     {text_content("This is a simple text response for testing.")});
    add_content_tool(registry, "test_image_content", "Returns an image.", {image_content()});
    add_content_tool(registry, "test_audio_content", "Returns a sound.",
                     {{{"type", "audio"}, {"data", fixture_wav}, {"mimeType", "audio/wav"}}});
    add_content_tool(registry, "test_embedded_resource", "Returns a resource.", {resource});
    add_content_tool(
        registry, "test_multiple_content_types", "Returns a text, an image and a resource.",
        {text_content("Multiple content types test:"), image_content(),
         resource_content("test://mixed-content-resource", "application/json", "{\"test\": 1}")});
    add_error_tool(registry);
    add_progress_tool(registry);
    add_logging_tool(registry, "test_tool_with_logging");
    add_logging_tool(registry, "test_logging_tool");
    add_change_tool(registry, changes, "test_trigger_tool_change", mcp::ListKind::tools);
    add_change_tool(registry, changes, "test_trigger_prompt_change", mcp::ListKind::prompts);
    add_schema_tools(registry);
}

}  // namespace rag::tools
