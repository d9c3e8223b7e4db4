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

/// What a tool's call came to. `structured` is the result object; the dispatcher puts it out as
/// `structuredContent` and, as compact JSON, in one text block.
struct ToolResult {
    Json structured;
    /// Goes into the result's `_meta` under our own key; empty: none.
    Json notes;
    /// Content blocks instead of the one made from `structured` (images, resource links...).
    std::vector<Json> content;
    bool is_error = false;
};

/// How long a call of a tool may be expected to take; decides on which pool it runs.
enum class Duration { brief, lengthy };

using ToolHandler = std::function<ToolResult(const CallContext& context, const Json& arguments)>;

struct Tool {
    std::string name;
    /// The whole entry of tools/list: name, title, description, inputSchema, outputSchema,
    /// annotations. Emitted unchanged.
    Json definition;
    Duration duration = Duration::brief;
    Role least_role = Role::reader;
    ToolHandler handler;
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
