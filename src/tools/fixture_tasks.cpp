#include "mcp/errors.hpp"
#include "tools/fixture_parts.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace rag::tools {
namespace {

using mcp::Dialogue;
using mcp::TaskUse;
using mcp::ToolResult;

constexpr std::chrono::milliseconds job_time{500};
constexpr int seconds_max = 600;

/// Waits, unless the call is stopped.
void work_for(const CallContext& context, std::chrono::milliseconds duration) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, context.stop, duration, [] { return false; });
    context.check();
}

ToolResult text_result(const std::string& text) {
    ToolResult result;
    result.content = {text_content(text)};
    return result;
}

Json name_form(const std::string& message) {
    return elicitation_request(message, {{"name", {{"type", "string"}}}}, Json::array({"name"}));
}

Json confirm_form(const std::string& message) {
    return elicitation_request(message, {{"confirm", {{"type", "boolean"}}}},
                               Json::array({"confirm"}));
}

ToolResult ask(std::map<std::string, Json> requests) {
    ToolResult result;
    result.input_needed = mcp::InputNeeded{std::move(requests), nullptr};
    return result;
}

void add_greet(mcp::Registry& registry) {
    mcp::Tool tool;
    tool.name = "greet";
    tool.definition = fixture_definition(tool.name, "Greets, at once.",
                                         {{"type", "object"},
                                          {"properties", {{"name", {{"type", "string"}}}}},
                                          {"required", Json::array({"name"})}});
    tool.handler = [](const CallContext&, const Json& arguments) {
        return text_result("Hello, " + arguments.at("name").get<std::string>() + "!");
    };
    registry.add_tool(std::move(tool));
}

void add_slow_compute(mcp::Registry& registry) {
    mcp::Tool tool;
    tool.name = "slow_compute";
    tool.definition = fixture_definition(
        tool.name, "Takes as long as it is told.",
        {{"type", "object"},
         {"properties",
          {{"seconds", {{"type", "number"}, {"minimum", 0}, {"maximum", seconds_max}}},
           {"label", {{"type", "string"}}}}},
         {"required", Json::array({"seconds"})}});
    tool.duration = mcp::Duration::lengthy;
    tool.task_plan.use = TaskUse::offered;
    tool.task_plan.suits = [](const Json& arguments) {
        const auto seconds = arguments.find("seconds");
        return seconds != arguments.end() && seconds->is_number() && *seconds > 0;
    };
    tool.handler = [](const CallContext& context, const Json& arguments) {
        const double seconds = arguments.at("seconds").get<double>();
        context.report({0, seconds, "computing"});
        work_for(context, std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
        return text_result("Computed " + arguments.value("label", std::string("it")) + ".");
    };
    registry.add_tool(std::move(tool));
}

void add_failing_jobs(mcp::Registry& registry) {
    mcp::Tool failing;
    failing.name = "failing_job";
    failing.definition = fixture_definition(failing.name, "Runs for a while and reports an error.");
    failing.task_plan.use = TaskUse::required;
    failing.handler = [](const CallContext& context, const Json&) {
        work_for(context, job_time);
        ToolResult result = text_result("The job failed on purpose.");
        result.is_error = true;
        return result;
    };
    registry.add_tool(std::move(failing));

    mcp::Tool broken;
    broken.name = "protocol_error_job";
    broken.definition = fixture_definition(broken.name, "Ends with an error of the protocol.");
    broken.task_plan.use = TaskUse::offered;
    broken.handler = [](const CallContext& context, const Json&) -> ToolResult {
        work_for(context, job_time);
        throw mcp::RpcFailure(mcp::code::internal_error, "The job broke on purpose.");
    };
    registry.add_tool(std::move(broken));
}

void add_asking_jobs(mcp::Registry& registry) {
    mcp::Tool single;
    single.name = "confirm_delete";
    single.definition = fixture_definition(single.name, "Asks before it goes on.",
                                           {{"type", "object"},
                                            {"properties", {{"filename", {{"type", "string"}}}}},
                                            {"required", Json::array({"filename"})}});
    single.task_plan.use = TaskUse::offered;
    single.dialogue_handler = [](const CallContext&, const Json& arguments,
                                 const Dialogue& dialogue) {
        const std::string filename = arguments.at("filename");
        const auto answer = dialogue.responses.find("confirm");
        if (answer == dialogue.responses.end()) {
            return ask({{"confirm", confirm_form("Delete " + filename + "?")}});
        }
        const Json content = answer->value("content", Json::object());
        return text_result(content.value("confirm", false) ? "Deleted " + filename + "."
                                                           : "Kept " + filename + ".");
    };
    registry.add_tool(std::move(single));

    mcp::Tool pair;
    pair.name = "multi_input";
    pair.definition = fixture_definition(pair.name, "Asks for two things at once.");
    pair.task_plan.use = TaskUse::offered;
    pair.dialogue_handler = [](const CallContext&, const Json&, const Dialogue& dialogue) {
        const auto& given = dialogue.responses;
        if (!given.contains("first") || !given.contains("second")) {
            return ask({{"first", name_form("The first name?")},
                        {"second", name_form("The second name?")}});
        }
        return text_result("Both were answered: " + dump_json(given));
    };
    registry.add_tool(std::move(pair));
}

/// Asks while the client waits, then goes on as a task.
void add_asking_then_working(mcp::Registry& registry) {
    mcp::Tool tool;
    tool.name = "test_tool_with_task";
    tool.definition = fixture_definition(tool.name, "Asks for a name and works with it later.");
    tool.dialogue_handler = [](const CallContext&, const Json&, const Dialogue& dialogue) {
        const auto answer = dialogue.responses.find("user_name");
        if (answer == dialogue.responses.end()) {
            return ask({{"user_name", name_form("What is your name?")}});
        }
        const Json content = answer->value("content", Json::object());
        ToolResult result;
        result.rest =
            [name = content.value("name", std::string("nobody"))](const CallContext& context) {
                work_for(context, job_time);
                return text_result("Done for " + name + ".");
            };
        return result;
    };
    registry.add_tool(std::move(tool));
}

/// Lets go of its stream before it has an answer.
void add_reconnection(mcp::Registry& registry) {
    mcp::Tool tool;
    tool.name = "test_reconnection";
    tool.definition = fixture_definition(tool.name, "Answers when the client has come back.");
    tool.dialogue_handler = [](const CallContext& context, const Json&, const Dialogue& dialogue) {
        dialogue.let_go();
        work_for(context, job_time);
        return text_result("Reconnection test completed successfully.");
    };
    registry.add_tool(std::move(tool));
}

}  // namespace

void add_fixture_task_tools(mcp::Registry& registry) {
    add_greet(registry);
    add_slow_compute(registry);
    add_failing_jobs(registry);
    add_asking_jobs(registry);
    add_asking_then_working(registry);
    add_reconnection(registry);
}

}  // namespace rag::tools
