#pragma once

#include "mcp/registry.hpp"
#include "mcp/server_card.hpp"
#include "rag/error.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rag::test {

/// A door that handlers wait at until the test opens it, or their call is stopped.
class Door {
public:
    void wait(const CallContext& context) {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, context.stop, [this] { return open_; });
        --waiting_;
        changed_.notify_all();
    }
    void open() {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    /// Whether that many calls wait within ten seconds.
    bool await_waiting(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return waiting_ == count; });
    }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool open_ = false;
    int waiting_ = 0;
};

/// Two documents, the second of them in a collection that only some callers see.
class FakeResources final : public mcp::ResourceProvider {
public:
    mcp::ResourcePage list(const CallContext&, std::string_view cursor) override {
        if (cursor.empty()) {
            return {{{"memory://documents/1", "one", "One", "", "text/plain"}}, "after-1"};
        }
        if (cursor != "after-1") {
            throw Error(ErrorCode::invalid_argument, "The cursor is not one of ours.");
        }
        return {{{"memory://documents/2", "two", "", "", ""}}, ""};
    }
    std::vector<Json> templates() override {
        return {Json{{"uriTemplate", "memory://collections/{name}"}, {"name", "collection"}}};
    }
    std::optional<mcp::ResourceContents> read(const CallContext& context,
                                              std::string_view uri) override {
        if (uri == "memory://documents/1") {
            return mcp::ResourceContents{std::string(uri), "text/plain", "first", ""};
        }
        if (uri == "memory://documents/2" && context.caller.may_see("two")) {
            return mcp::ResourceContents{std::string(uri), "image/png", "", "AAAA"};
        }
        if (uri == "memory://broken") {
            throw Error(ErrorCode::unavailable, "The database does not answer.");
        }
        return std::nullopt;
    }
    std::vector<std::string> complete(const CallContext&, std::string_view, std::string_view,
                                      std::string_view typed) override {
        std::vector<std::string> values;
        for (int i = 0; i < 150; ++i) {
            values.push_back(std::string(typed) + std::to_string(i));
        }
        return values;
    }
};

inline Json string_schema(const char* name) {
    return {{"type", "object"},
            {"properties", {{name, {{"type", "string"}}}}},
            {"required", Json::array({name})}};
}

inline Json define(const char* name, Json input_schema = {{"type", "object"}}) {
    return {{"name", name}, {"description", "A tool."}, {"inputSchema", std::move(input_schema)}};
}

inline Json elicitation() {
    return {{"method", "elicitation/create"},
            {"params",
             {{"message", "Who?"},
              {"requestedSchema",
               {{"type", "object"}, {"properties", {{"name", {{"type", "string"}}}}}}}}}};
}

inline mcp::ToolResult structured(Json value) {
    mcp::ToolResult result;
    result.structured = std::move(value);
    return result;
}

/// Asks for a name in its first round and greets in the second.
inline mcp::ToolResult greet(const mcp::Dialogue& dialogue) {
    dialogue.log(mcp::LogLevel::info, "greeting");
    const auto answer = dialogue.responses.find("who");
    if (answer == dialogue.responses.end()) {
        mcp::ToolResult result;
        result.input_needed = mcp::InputNeeded{{{"who", elicitation()}}, {{"round", 1}}};
        return result;
    }
    return structured({{"greeting", "Hello, " + (*answer)["content"]["name"].get<std::string>()},
                       {"round", dialogue.state["round"]}});
}

inline mcp::ServerCard fake_card() {
    mcp::ServerCard card;
    card.version = "1.2.3";
    card.instructions = "Ask.";
    return card;
}

/// A registry with a tool for each thing that a tool can do.
struct FakeOffer {
    mcp::Registry registry;
    FakeResources resources;
    Door door;

    FakeOffer() {
        registry.set_resources(resources);
        add_tool("echo", string_schema("text"), [](const CallContext&, const Json& arguments) {
            return structured({{"text", arguments["text"]}});
        });
        add_tool("fail", {{"type", "object"}},
                 [](const CallContext&, const Json&) -> mcp::ToolResult {
                     throw std::runtime_error("SELECT secret FROM places");
                 });
        add_tool("count", {{"type", "object"}}, [](const CallContext& context, const Json&) {
            for (const double done : {1.0, 2.0, 2.0, 1.0, 3.0}) {
                context.report({done, 3.0, "step"});
            }
            return structured({{"counted", 3}});
        });
        Json routed = string_schema("region");
        routed["properties"]["region"]["x-mcp-header"] = "Region";
        add_tool("routed", std::move(routed),
                 [](const CallContext&, const Json& arguments) { return structured(arguments); });
        add_special_tools();
        add_prompt();
    }

private:
    void add_tool(const char* name, Json input_schema, mcp::ToolHandler handler) {
        mcp::Tool tool;
        tool.name = name;
        tool.definition = define(name, std::move(input_schema));
        tool.handler = std::move(handler);
        registry.add_tool(std::move(tool));
    }

    void add_special_tools() {
        mcp::Tool wait;
        wait.name = "wait";
        wait.definition = define("wait");
        wait.duration = mcp::Duration::lengthy;
        wait.handler = [this](const CallContext& context, const Json&) {
            context.report({1, std::nullopt, "waiting"});
            door.wait(context);
            context.check();
            return structured({{"waited", true}});
        };
        registry.add_tool(std::move(wait));

        mcp::Tool admin_only;
        admin_only.name = "admin_only";
        admin_only.definition = define("admin_only");
        admin_only.least_role = Role::admin;
        admin_only.handler = [](const CallContext&, const Json&) {
            return structured(Json::object());
        };
        registry.add_tool(std::move(admin_only));

        mcp::Tool greeter;
        greeter.name = "greet";
        greeter.definition = define("greet");
        greeter.dialogue_handler = [](const CallContext&, const Json&,
                                      const mcp::Dialogue& dialogue) { return greet(dialogue); };
        registry.add_tool(std::move(greeter));
    }

    void add_prompt() {
        mcp::Prompt cite;
        cite.name = "cite";
        cite.definition = {
            {"name", "cite"},
            {"description", "A prompt."},
            {"arguments", Json::array({Json{{"name", "question"}, {"required", true}}})}};
        cite.handler = [](const CallContext&, const std::map<std::string, std::string>& given) {
            const Json content = {{"type", "text"}, {"text", given.at("question")}};
            return Json{{"messages", Json::array({Json{{"role", "user"}, {"content", content}}})}};
        };
        cite.completer = [](const CallContext&, std::string_view, std::string_view typed) {
            return std::vector<std::string>{std::string(typed) + "!"};
        };
        registry.add_prompt(std::move(cite));
    }
};

}  // namespace rag::test
