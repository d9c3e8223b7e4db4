#include "tools/fixture_parts.hpp"

#include <utility>

namespace rag::tools {
namespace {

using mcp::Dialogue;
using mcp::ToolResult;
using PromptArguments = std::map<std::string, std::string>;

Json user_message(Json content) {
    return {{"role", "user"}, {"content", std::move(content)}};
}

Json prompt_result(std::vector<Json> messages) {
    return {{"messages", std::move(messages)}};
}

void add_prompt(mcp::Registry& registry, const std::string& name,
                const std::vector<std::string>& arguments, mcp::PromptHandler handler) {
    mcp::Prompt prompt;
    prompt.name = name;
    prompt.definition = {{"name", name}, {"description", "A prompt of the conformance tests."}};
    for (const std::string& argument : arguments) {
        prompt.definition["arguments"].push_back(
            {{"name", argument}, {"description", "A test argument"}, {"required", true}});
    }
    prompt.handler = std::move(handler);
    prompt.completer = [](const CallContext&, std::string_view, std::string_view typed) {
        std::vector<std::string> values;
        for (const char* word : {"paris", "park", "party"}) {
            if (std::string_view(word).starts_with(typed)) {
                values.emplace_back(word);
            }
        }
        return values;
    };
    registry.add_prompt(std::move(prompt));
}

void add_asking_prompt(mcp::Registry& registry) {
    mcp::Prompt prompt;
    prompt.name = "test_input_required_result_prompt";
    prompt.definition = {{"name", prompt.name}, {"description", "Asks before it answers."}};
    prompt.dialogue_handler = [](const CallContext&, const Json&, const Dialogue& dialogue) {
        ToolResult result;
        if (!dialogue.responses.contains("user_context")) {
            result.input_needed = mcp::InputNeeded{
                {{"user_context", elicitation_request("What context should the prompt use?",
                                                      {{"context", {{"type", "string"}}}},
                                                      Json::array({"context"}))}},
                nullptr};
            return result;
        }
        const Json content = dialogue.responses["user_context"].value("content", Json::object());
        result.structured = prompt_result(
            {user_message(text_content("Context: " + content.value("context", "none")))});
        return result;
    };
    registry.add_prompt(std::move(prompt));
}

/// Resources that never change.
class FixtureResources final : public mcp::ResourceProvider {
public:
    mcp::ResourcePage list(const CallContext&, std::string_view) override {
        mcp::ResourcePage page;
        const auto add = [&](const char* uri, const char* name, const char* mime_type) {
            page.resources.push_back(
                {uri, name, name, "A resource of the conformance tests.", mime_type});
        };
        add("test://static-text", "Static text", "text/plain");
        add("test://static-binary", "Static image", "image/png");
        add("test://watched-resource", "Watched resource", "text/plain");
        return page;
    }

    std::vector<Json> templates() override {
        return {{{"uriTemplate", "test://template/{id}/data"},
                 {"name", "Data by id"},
                 {"description", "A resource template of the conformance tests."},
                 {"mimeType", "application/json"}}};
    }

    std::optional<mcp::ResourceContents> read(const CallContext&, std::string_view uri) override {
        if (uri == "test://static-text") {
            return text(uri, "text/plain", "This is the content of the static text resource.");
        }
        if (uri == "test://static-binary") {
            return mcp::ResourceContents{std::string(uri), "image/png", "", fixture_png};
        }
        if (uri == "test://watched-resource") {
            return text(uri, "text/plain", "Watched resource content");
        }
        constexpr std::string_view before = "test://template/";
        constexpr std::string_view after = "/data";
        if (uri.starts_with(before) && uri.ends_with(after) &&
            uri.size() > before.size() + after.size()) {
            const std::string id(
                uri.substr(before.size(), uri.size() - before.size() - after.size()));
            return text(
                uri, "application/json",
                dump_json({{"id", id}, {"templateTest", true}, {"data", "Data for ID: " + id}}));
        }
        return std::nullopt;
    }

    std::vector<std::string> complete(const CallContext&, std::string_view, std::string_view,
                                      std::string_view) override {
        return {"123"};
    }

private:
    static mcp::ResourceContents text(std::string_view uri, const char* mime_type,
                                      std::string content) {
        return {std::string(uri), mime_type, std::move(content), ""};
    }
};

}  // namespace

void add_fixture_prompts(mcp::Registry& registry) {
    add_prompt(registry, "test_simple_prompt", {}, [](const CallContext&, const PromptArguments&) {
        return prompt_result({user_message(text_content("This is a simple prompt for testing."))});
    });
    add_prompt(registry, "test_prompt_with_arguments", {"arg1", "arg2"},
               [](const CallContext&, const PromptArguments& arguments) {
                   return prompt_result({user_message(
                       text_content("Prompt with arguments: arg1='" + arguments.at("arg1") +
                                    "', arg2='" + arguments.at("arg2") + "'"))});
               });
    add_prompt(registry, "test_prompt_with_embedded_resource", {"resourceUri"},
               [](const CallContext&, const PromptArguments& arguments) {
                   const Json resource = {{"uri", arguments.at("resourceUri")},
                                          {"mimeType", "text/plain"},
                                          {"text", "Embedded resource content for testing."}};
                   return prompt_result(
                       {user_message({{"type", "resource"}, {"resource", resource}}),
                        user_message(text_content("Please process the embedded resource above."))});
               });
    add_prompt(registry, "test_prompt_with_image", {},
               [](const CallContext&, const PromptArguments&) {
                   return prompt_result(
                       {user_message(
                            {{"type", "image"}, {"data", fixture_png}, {"mimeType", "image/png"}}),
                        user_message(text_content("Please analyze the image above."))});
               });
    add_asking_prompt(registry);
}

std::unique_ptr<mcp::ResourceProvider> make_fixture_resources() {
    return std::make_unique<FixtureResources>();
}

}  // namespace rag::tools
