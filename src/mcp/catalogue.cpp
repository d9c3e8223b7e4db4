#include "mcp/catalogue.hpp"

#include "mcp/errors.hpp"

#include <utility>

namespace rag::mcp {
namespace {

constexpr std::size_t completions_max = 100;

std::string read_cursor(const Json& params) {
    const auto cursor = params.find("cursor");
    if (cursor == params.end() || cursor->is_null()) {
        return {};
    }
    if (!cursor->is_string()) {
        throw RpcFailure(code::invalid_params, "cursor must be a string.");
    }
    return cursor->get<std::string>();
}

/// For lists that are always one page.
void refuse_cursor(const Json& params) {
    if (!read_cursor(params).empty()) {
        throw RpcFailure(code::invalid_params, "This cursor is not one of ours.");
    }
}

Json to_json(const ResourceEntry& entry) {
    Json object = {{"uri", entry.uri}, {"name", entry.name}};
    const std::pair<const char*, const std::string*> optional[] = {
        {"title", &entry.title},
        {"description", &entry.description},
        {"mimeType", &entry.mime_type}};
    for (const auto& [key, value] : optional) {
        if (!value->empty()) {
            object[key] = *value;
        }
    }
    return object;
}

Json to_json(const ResourceContents& contents) {
    Json object = {{"uri", contents.uri}};
    if (!contents.mime_type.empty()) {
        object["mimeType"] = contents.mime_type;
    }
    if (contents.blob.empty()) {
        object["text"] = contents.text;
    } else {
        object["blob"] = contents.blob;
    }
    return object;
}

const Json* prompt_arguments(const Prompt& prompt) {
    const auto arguments = prompt.definition.find("arguments");
    return arguments != prompt.definition.end() && arguments->is_array() ? &*arguments : nullptr;
}

bool has_argument(const Prompt& prompt, const std::string& name) {
    if (const Json* arguments = prompt_arguments(prompt)) {
        for (const Json& argument : *arguments) {
            if (argument.value("name", "") == name) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace

std::string require_string(const Json& params, const char* key) {
    const auto value = params.find(key);
    if (value == params.end() || !value->is_string()) {
        throw RpcFailure(code::invalid_params, "params." + std::string(key) + " must be a string.");
    }
    return value->get<std::string>();
}

Json Catalogue::list_tools(const Json& params) const {
    refuse_cursor(params);
    Json tools = Json::array();
    for (const Tool& tool : registry_.tools()) {
        tools.push_back(tool.definition);
    }
    return {{"tools", std::move(tools)}};
}

Json Catalogue::list_prompts(const Json& params) const {
    refuse_cursor(params);
    Json prompts = Json::array();
    for (const Prompt& prompt : registry_.prompts()) {
        prompts.push_back(prompt.definition);
    }
    return {{"prompts", std::move(prompts)}};
}

Json Catalogue::list_resources(const CallContext& context, const Json& params) const {
    const std::string cursor = read_cursor(params);
    Json resources = Json::array();
    if (registry_.resources() == nullptr) {
        refuse_cursor(params);
        return {{"resources", std::move(resources)}};
    }
    const ResourcePage page = registry_.resources()->list(context, cursor);
    for (const ResourceEntry& entry : page.resources) {
        resources.push_back(to_json(entry));
    }
    Json result = {{"resources", std::move(resources)}};
    if (!page.next_cursor.empty()) {
        result["nextCursor"] = page.next_cursor;
    }
    return result;
}

Json Catalogue::list_templates(const Json& params) const {
    refuse_cursor(params);
    Json templates = Json::array();
    if (registry_.resources() != nullptr) {
        for (Json& entry : registry_.resources()->templates()) {
            templates.push_back(std::move(entry));
        }
    }
    return {{"resourceTemplates", std::move(templates)}};
}

Json Catalogue::read_resource(const CallContext& context, const Json& params, Era era) const {
    const std::string uri = require_string(params, "uri");
    std::optional<ResourceContents> contents;
    if (registry_.resources() != nullptr) {
        contents = registry_.resources()->read(context, uri);
    }
    if (!contents) {
        throw RpcFailure(era == Era::modern ? code::invalid_params : code::resource_not_found,
                         "There is no resource '" + uri + "'.", {{"uri", uri}});
    }
    return {{"contents", Json::array({to_json(*contents)})}};
}

const Prompt& Catalogue::find_prompt(const Json& params) const {
    const std::string name = require_string(params, "name");
    const Prompt* prompt = registry_.find_prompt(name);
    if (prompt == nullptr) {
        throw RpcFailure(code::invalid_params, "There is no prompt '" + name + "'.");
    }
    return *prompt;
}

std::map<std::string, std::string> Catalogue::read_prompt_arguments(const Prompt& prompt,
                                                                    const Json& params) {
    std::map<std::string, std::string> given;
    if (const auto object = params.find("arguments"); object != params.end()) {
        if (!object->is_object()) {
            throw RpcFailure(code::invalid_params, "params.arguments must be an object.");
        }
        for (const auto& [name, value] : object->items()) {
            if (value.is_null()) {
                continue;
            }
            if (!value.is_string()) {
                throw RpcFailure(code::invalid_params,
                                 "The prompt's argument '" + name + "' must be a string.");
            }
            given[name] = value.get<std::string>();
        }
    }
    if (const Json* arguments = prompt_arguments(prompt)) {
        for (const Json& argument : *arguments) {
            const std::string name = argument.value("name", "");
            if (argument.value("required", false) && !given.contains(name)) {
                throw RpcFailure(code::invalid_params, "The prompt '" + prompt.name +
                                                           "' needs the argument '" + name + "'.");
            }
        }
    }
    return given;
}

Json Catalogue::complete(const CallContext& context, const Json& params) const {
    const auto reference = params.find("ref");
    const auto argument = params.find("argument");
    if (reference == params.end() || !reference->is_object() || argument == params.end() ||
        !argument->is_object()) {
        throw RpcFailure(code::invalid_params, "params.ref and params.argument must be objects.");
    }
    const std::string name = require_string(*argument, "name");
    const std::string typed = require_string(*argument, "value");
    const std::string type = require_string(*reference, "type");
    std::vector<std::string> values;
    if (type == "ref/prompt") {
        values = complete_prompt(context, *reference, name, typed);
    } else if (type == "ref/resource") {
        values = complete_resource(context, *reference, name, typed);
    } else {
        throw RpcFailure(code::invalid_params,
                         "params.ref.type must be ref/prompt or ref/resource, not '" + type + "'.");
    }
    const bool more = values.size() > completions_max;
    Json completion = {{"total", values.size()}, {"hasMore", more}};
    if (more) {
        values.resize(completions_max);
    }
    completion["values"] = std::move(values);
    return {{"completion", std::move(completion)}};
}

std::vector<std::string> Catalogue::complete_prompt(const CallContext& context,
                                                    const Json& reference,
                                                    const std::string& argument,
                                                    const std::string& typed) const {
    const Prompt& prompt = find_prompt(reference);
    if (!has_argument(prompt, argument)) {
        throw RpcFailure(code::invalid_params,
                         "The prompt '" + prompt.name + "' has no argument '" + argument + "'.");
    }
    return prompt.completer ? prompt.completer(context, argument, typed)
                            : std::vector<std::string>{};
}

std::vector<std::string> Catalogue::complete_resource(const CallContext& context,
                                                      const Json& reference,
                                                      const std::string& variable,
                                                      const std::string& typed) const {
    const std::string uri = require_string(reference, "uri");
    if (registry_.resources() != nullptr) {
        for (const Json& entry : registry_.resources()->templates()) {
            if (entry.value("uriTemplate", "") == uri) {
                return registry_.resources()->complete(context, uri, variable, typed);
            }
        }
    }
    throw RpcFailure(code::invalid_params, "There is no resource template '" + uri + "'.");
}

void Catalogue::check_may_watch(const CallContext& context, const std::string& uri) const {
    if (context.caller.collections.empty()) {
        return;
    }
    if (registry_.resources() == nullptr || !registry_.resources()->may_watch(context, uri)) {
        throw RpcFailure(code::invalid_params, "There is no resource '" + uri + "'.",
                         {{"uri", uri}});
    }
}

}  // namespace rag::mcp
