#include "tools/fixture_parts.hpp"

#include <functional>
#include <map>
#include <utility>

namespace rag::tools {
namespace {

using mcp::Dialogue;
using mcp::ToolResult;
using Requests = std::map<std::string, Json>;
/// Makes the final text out of the client's answers.
using Conclude = std::function<std::string(const Json& responses)>;

ToolResult text_result(const std::string& text) {
    ToolResult result;
    result.content = {text_content(text)};
    return result;
}

ToolResult ask(Requests requests, Json state = nullptr) {
    ToolResult result;
    result.input_needed = mcp::InputNeeded{std::move(requests), std::move(state)};
    return result;
}

bool answers_all(const Dialogue& dialogue, const Requests& requests) {
    for (const auto& [key, request] : requests) {
        if (!dialogue.responses.contains(key)) {
            return false;
        }
    }
    return true;
}

/// A tool that asks until everything is answered, then concludes.
void add_asking_tool(mcp::Registry& registry, const char* name, const char* description,
                     const Requests& requests, const Json& state, const Conclude& conclude) {
    mcp::Tool tool;
    tool.name = name;
    tool.definition = fixture_definition(name, description);
    tool.dialogue_handler = [=](const CallContext&, const Json&, const Dialogue& dialogue) {
        return answers_all(dialogue, requests) ? text_result(conclude(dialogue.responses))
                                               : ask(requests, state);
    };
    registry.add_tool(std::move(tool));
}

/// What the person typed into one field of a form.
std::string field_of(const Json& response, const char* field) {
    const Json content = response.value("content", Json::object());
    return content.value(field, "nobody");
}

std::string describe_elicitation(const Json& response) {
    return "action=" + response.value("action", "none") +
           ", content=" + dump_json(response.value("content", Json::object()));
}

std::string text_of_sampling(const Json& response) {
    const Json content = response.value("content", Json::object());
    return content.is_object() ? content.value("text", "") : dump_json(content);
}

Json name_request(const char* message) {
    return elicitation_request(message, {{"name", {{"type", "string"}}}}, Json::array({"name"}));
}

/// Tools whose question holds an argument of the call.
void add_legacy_tools(mcp::Registry& registry) {
    const auto add = [&](const char* name, const char* argument,
                         std::function<Json(const std::string&)> make_request, Conclude conclude) {
        mcp::Tool tool;
        tool.name = name;
        tool.definition = fixture_definition(name, "Asks the client and returns its answer.",
                                             {{"type", "object"},
                                              {"properties", {{argument, {{"type", "string"}}}}},
                                              {"required", Json::array({argument})}});
        tool.dialogue_handler = [=](const CallContext&, const Json& arguments,
                                    const Dialogue& dialogue) {
            const Requests requests{{"answer", make_request(arguments.at(argument))}};
            return answers_all(dialogue, requests)
                       ? text_result(conclude(dialogue.responses.at("answer")))
                       : ask(requests);
        };
        registry.add_tool(std::move(tool));
    };
    add(
        "test_sampling", "prompt",
        [](const std::string& prompt) { return sampling_request(prompt, 100); },
        [](const Json& answer) { return "LLM response: " + text_of_sampling(answer); });
    add(
        "test_elicitation", "message",
        [](const std::string& message) {
            return elicitation_request(
                message,
                {{"username", {{"type", "string"}, {"description", "User's response"}}},
                 {"email", {{"type", "string"}, {"description", "User's email address"}}}},
                Json::array({"username", "email"}));
        },
        [](const Json& answer) { return "User response: " + describe_elicitation(answer); });
}

Json defaults_form() {
    return elicitation_request("Please review the form", Json::parse(R"({
            "name": {"type": "string", "default": "John Doe"},
            "age": {"type": "integer", "default": 30},
            "score": {"type": "number", "default": 95.5},
            "status": {"type": "string", "enum": ["active", "inactive", "pending"],
                       "default": "active"},
            "verified": {"type": "boolean", "default": true}})"),
                               Json::array());
}

Json enums_form() {
    return elicitation_request("Please choose", Json::parse(R"({
            "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
            "titledSingle": {"type": "string", "oneOf": [
                {"const": "value1", "title": "First Option"},
                {"const": "value2", "title": "Second Option"},
                {"const": "value3", "title": "Third Option"}]},
            "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"],
                           "enumNames": ["Option One", "Option Two", "Option Three"]},
            "untitledMulti": {"type": "array", "items":
                {"type": "string", "enum": ["option1", "option2", "option3"]}},
            "titledMulti": {"type": "array", "items": {"anyOf": [
                {"const": "value1", "title": "First Choice"},
                {"const": "value2", "title": "Second Choice"},
                {"const": "value3", "title": "Third Choice"}]}}})"),
                               Json::array());
}

void add_form_tools(mcp::Registry& registry) {
    const Conclude conclude = [](const Json& responses) {
        return "Elicitation completed: " + describe_elicitation(responses.at("form"));
    };
    add_asking_tool(registry, "test_elicitation_sep1034_defaults", "Asks with defaults.",
                    {{"form", defaults_form()}}, nullptr, conclude);
    add_asking_tool(registry, "test_elicitation_sep1330_enums", "Asks with every kind of choice.",
                    {{"form", enums_form()}}, nullptr, conclude);
}

void add_single_round_tools(mcp::Registry& registry) {
    const Json confirm =
        elicitation_request("Please confirm", {{"ok", {{"type", "boolean"}}}}, Json::array({"ok"}));
    add_asking_tool(registry, "test_input_required_result_elicitation", "Asks for a name.",
                    {{"user_name", name_request("What is your name?")}}, nullptr,
                    [](const Json& responses) {
                        return "Hello, " + field_of(responses.at("user_name"), "name") + "!";
                    });
    add_asking_tool(
        registry, "test_input_required_result_sampling", "Asks the client's model.",
        {{"capital_question", sampling_request("What is the capital of France?", 100)}}, nullptr,
        [](const Json& responses) { return text_of_sampling(responses.at("capital_question")); });
    add_asking_tool(registry, "test_input_required_result_list_roots", "Asks for the roots.",
                    {{"client_roots", roots_request()}}, nullptr, [](const Json& responses) {
                        return "Roots: " + dump_json(responses.at("client_roots").at("roots"));
                    });
    add_asking_tool(registry, "test_input_required_result_request_state",
                    "Asks and finds its state again.", {{"confirm", confirm}}, {{"asked", true}},
                    [](const Json&) { return "The answer came back: state-ok"; });
    add_asking_tool(registry, "test_input_required_result_tampered_state",
                    "Asks with a state that must come back untouched.", {{"confirm", confirm}},
                    {{"asked", true}},
                    [](const Json&) { return "The state came back untouched."; });
    add_asking_tool(registry, "test_input_required_result_multiple_inputs",
                    "Asks for three things at once.",
                    {{"user_name", name_request("What is your name?")},
                     {"greeting", sampling_request("Generate a greeting", 50)},
                     {"client_roots", roots_request()}},
                    {{"asked", 3}}, [](const Json& responses) {
                        return text_of_sampling(responses.at("greeting")) + ' ' +
                               field_of(responses.at("user_name"), "name") + ' ' +
                               dump_json(responses.at("client_roots").at("roots"));
                    });
    add_asking_tool(registry, "test_streaming_elicitation", "Asks while a stream is open.",
                    {{"confirm", confirm}}, nullptr, [](const Json&) { return "Confirmed."; });
    add_asking_tool(registry, "test_missing_capability", "Needs a client that can sample.",
                    {{"sample", sampling_request("Say something", 10)}}, nullptr,
                    [](const Json& responses) { return text_of_sampling(responses.at("sample")); });
}

void add_multi_round_tool(mcp::Registry& registry) {
    mcp::Tool tool;
    tool.name = "test_input_required_result_multi_round";
    tool.definition = fixture_definition(tool.name, "Asks twice, one after the other.");
    tool.dialogue_handler = [](const CallContext&, const Json&, const Dialogue& dialogue) {
        const int round = dialogue.state.is_object() ? dialogue.state.value("round", 0) : 0;
        if (round == 2 && dialogue.responses.contains("step2")) {
            return text_result(dialogue.state.value("name", "nobody") + " likes " +
                               field_of(dialogue.responses.at("step2"), "color"));
        }
        if (round == 1 && dialogue.responses.contains("step1")) {
            const std::string name = field_of(dialogue.responses.at("step1"), "name");
            return ask({{"step2", elicitation_request("Step 2: What is your favorite color?",
                                                      {{"color", {{"type", "string"}}}},
                                                      Json::array({"color"}))}},
                       {{"round", 2}, {"name", name}});
        }
        return ask({{"step1", name_request("Step 1: What is your name?")}}, {{"round", 1}});
    };
    registry.add_tool(std::move(tool));
}

/// Asks for whatever the client can answer, and for nothing else.
void add_capabilities_tool(mcp::Registry& registry) {
    mcp::Tool tool;
    tool.name = "test_input_required_result_capabilities";
    tool.definition = fixture_definition(tool.name, "Asks only for what the client declared.");
    tool.dialogue_handler = [](const CallContext&, const Json&, const Dialogue& dialogue) {
        if (!dialogue.responses.empty()) {
            return text_result("Answered.");
        }
        Requests requests;
        const Requests possible{{"name", name_request("What is your name?")},
                                {"sample", sampling_request("Say something", 10)},
                                {"roots", roots_request()}};
        for (const auto& [key, request] : possible) {
            if (dialogue.can_ask(request)) {
                requests.emplace(key, request);
            }
        }
        return requests.empty() ? text_result("Nothing can be asked.") : ask(requests);
    };
    registry.add_tool(std::move(tool));
}

}  // namespace

void add_fixture_dialogue_tools(mcp::Registry& registry) {
    add_legacy_tools(registry);
    add_form_tools(registry);
    add_single_round_tools(registry);
    add_multi_round_tool(registry);
    add_capabilities_tool(registry);
}

}  // namespace rag::tools
