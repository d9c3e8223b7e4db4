#pragma once

#include "base/json.hpp"
#include "rag/context.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::mcp {

/// Asks the client for something before the call can go on (an elicitation, a sampling, its roots).
struct InputNeeded {
    /// By a key of the handler's choice: {"method": ..., "params": ...}.
    std::map<std::string, Json> requests;
    /// What the handler wants to find again when the answers come; signed, not hidden, on its way
    /// through the client. Null: nothing.
    Json state;
};

/// What a tool's call came to. `structured` is the result object; the dispatcher puts it out as
/// `structuredContent` and, as compact JSON, in one text block.
struct ToolResult {
    Json structured;
    /// Goes into the result's `_meta` under our own key; empty: none.
    Json notes;
    /// Content blocks instead of the one made from `structured` (images, resource links...).
    std::vector<Json> content;
    bool is_error = false;
    /// Set: the call is not over, all else here is ignored.
    std::optional<InputNeeded> input_needed;
    /// Set: what there is left to do, and all else here is ignored. A task where the client speaks
    /// of tasks, else done at once.
    std::function<ToolResult(const CallContext& context)> rest;
};

/// A level of RFC 5424, as notifications/message has them; the order is meant to be compared.
enum class LogLevel { debug, info, notice, warning, error, critical, alert, emergency };

/// One round of a call that may ask the client back.
struct Dialogue {
    Json responses = Json::object();  ///< The client's answers, by the keys of the requests.
    Json state;                       ///< What the round before left; null in the first.
    /// Sends the client a log message, if it wants messages of that level.
    std::function<void(LogLevel, const Json& data)> log;
    /// Whether the client declared what this request ({"method", "params"}) needs.
    std::function<bool(const Json& request)> can_ask;
    /// Lets the client come back later for the answer, where the wire has a way to (the resumable
    /// streams of 2025-11-25): its connection need not stay open meanwhile.
    std::function<void()> let_go;
};

/// How long a call of a tool may be expected to take; decides on which pool it runs.
enum class Duration { brief, lengthy };

using ToolHandler = std::function<ToolResult(const CallContext& context, const Json& arguments)>;
using DialogueHandler = std::function<ToolResult(const CallContext& context, const Json& arguments,
                                                 const Dialogue& dialogue)>;
using ToolBeginning = std::function<std::string(const CallContext& context, const Json& arguments)>;

/// Which calls of a tool are tasks (the extension io.modelcontextprotocol/tasks), for clients that
/// speak of tasks.
enum class TaskUse {
    never,
    offered,   ///< Without tasks the call is worked on while the client waits.
    required,  ///< There is no other way to call the tool.
};

/// How the calls of a tool become tasks.
struct TaskPlan {
    TaskUse use = TaskUse::never;
    /// Whether this call is worth a task; empty: each is. Gets the arguments as the client sent
    /// them, unchecked but for being an object.
    std::function<bool(const Json& arguments)> suits;
    /// Writes the call down where it outlives this process and returns the task's id, for
    /// LastingTasks. Empty: the task lives in this process.
    ToolBeginning begin;
};

struct Tool {
    std::string name;
    /// The whole entry of tools/list: name, title, description, inputSchema, outputSchema,
    /// annotations. Emitted unchanged.
    Json definition;
    Duration duration = Duration::brief;
    Role least_role = Role::reader;
    TaskPlan task_plan;
    ToolHandler handler;
    /// Instead of `handler`, for a tool that asks the client back or logs to it.
    DialogueHandler dialogue_handler;
};

struct ResourceEntry {
    std::string uri;
    std::string name;
    std::string title;
    std::string description;
    std::string mime_type;
};

struct ResourcePage {
    std::vector<ResourceEntry> resources;
    std::string next_cursor;  ///< Empty at the end.
};

struct ResourceContents {
    std::string uri;
    std::string mime_type;
    std::string text;
    std::string blob;  ///< base64; used instead of `text` when not empty.
};

/// The resources that a server offers; asked anew for each request.
class ResourceProvider {
public:
    virtual ~ResourceProvider() = default;

    /// Throws Error{invalid_argument} for a cursor that is not ours.
    virtual ResourcePage list(const CallContext& context, std::string_view cursor) = 0;
    /// Entries of resources/templates/list.
    virtual std::vector<Json> templates() = 0;
    /// Null for an URI that names nothing (for this caller).
    virtual std::optional<ResourceContents> read(const CallContext& context,
                                                 std::string_view uri) = 0;
    /// Whether the caller may be told that this URI changed. Asked of callers with limits only.
    virtual bool may_watch(const CallContext& context, std::string_view uri) {
        return read(context, uri).has_value();
    }
    /// At most 100 values for a variable of a template.
    virtual std::vector<std::string> complete(const CallContext& context,
                                              std::string_view template_uri,
                                              std::string_view variable,
                                              std::string_view typed) = 0;
};

using PromptHandler =
    std::function<Json(const CallContext& context, const std::map<std::string, std::string>&)>;
using PromptCompleter = std::function<std::vector<std::string>(
    const CallContext& context, std::string_view argument, std::string_view typed)>;

struct Prompt {
    std::string name;
    Json definition;        ///< The whole entry of prompts/list.
    PromptHandler handler;  ///< Returns the result object: description, messages.
    /// Instead of `handler`, for a prompt that asks the client back; `structured` is the result.
    DialogueHandler dialogue_handler;
    PromptCompleter completer;
};

/// What a server offers, filled once at start-up by the rooms that offer it, then only read (safe
/// for concurrent use).
class Registry {
public:
    /// Throws Error{internal} for a name that is there already.
    void add_tool(Tool tool);
    void add_prompt(Prompt prompt);
    /// At most one; kept by reference, must outlive the registry.
    void set_resources(ResourceProvider& resources) { resources_ = &resources; }

    const std::vector<Tool>& tools() const { return tools_; }
    const std::vector<Prompt>& prompts() const { return prompts_; }
    ResourceProvider* resources() const { return resources_; }
    const Tool* find_tool(std::string_view name) const;
    const Prompt* find_prompt(std::string_view name) const;

private:
    std::vector<Tool> tools_;
    std::vector<Prompt> prompts_;
    ResourceProvider* resources_ = nullptr;
};

}  // namespace rag::mcp
