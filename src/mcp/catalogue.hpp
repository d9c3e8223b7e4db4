#pragma once

#include "mcp/call.hpp"
#include "mcp/registry.hpp"
#include "rag/context.hpp"

namespace rag::mcp {

/// The methods that show what a registry holds. Each takes a request's params and returns its
/// result object, the same in all revisions. They throw RpcFailure for wrong params and let pass
/// what the providers throw. Safe for concurrent use.
class Catalogue {
public:
    /// `registry` must outlive this.
    explicit Catalogue(const Registry& registry) : registry_(registry) {}

    Json list_tools(const Json& params) const;
    Json list_prompts(const Json& params) const;
    Json list_resources(const CallContext& context, const Json& params) const;
    Json list_templates(const Json& params) const;
    Json read_resource(const CallContext& context, const Json& params, Era era) const;
    Json complete(const CallContext& context, const Json& params) const;

    /// The prompt that prompts/get names, and its arguments, checked.
    const Prompt& find_prompt(const Json& params) const;
    static std::map<std::string, std::string> read_prompt_arguments(const Prompt& prompt,
                                                                    const Json& params);

    /// Throws RpcFailure unless the caller may be told of changes of this resource.
    void check_may_watch(const CallContext& context, const std::string& uri) const;

private:
    std::vector<std::string> complete_prompt(const CallContext& context, const Json& reference,
                                             const std::string& argument,
                                             const std::string& typed) const;
    std::vector<std::string> complete_resource(const CallContext& context, const Json& reference,
                                               const std::string& variable,
                                               const std::string& typed) const;

    const Registry& registry_;
};

/// The string member of params. Throws RpcFailure{-32602} where there is none.
std::string require_string(const Json& params, const char* key);

}  // namespace rag::mcp
