#include "mcp/mirrored_headers.hpp"

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "base/utf8.hpp"
#include "mcp/errors.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace rag::mcp {
namespace {

constexpr std::string_view marker_open = "=?base64?";
constexpr std::string_view marker_close = "?=";

[[noreturn]] void refuse(const std::string& sentence) {
    throw RpcFailure(code::header_mismatch, sentence);
}

/// The member of params that Mcp-Name repeats; null for methods without.
const char* name_source(std::string_view method) {
    if (method == "tools/call" || method == "prompts/get") {
        return "name";
    }
    if (method == "resources/read") {
        return "uri";
    }
    if (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel") {
        return "taskId";
    }
    return nullptr;
}

std::optional<double> read_number(const std::string& text) {
    double number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

bool is_printable(std::string_view value) {
    return std::all_of(value.begin(), value.end(),
                       [](unsigned char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; });
}

bool says_the_same(const std::string& header, const Json& argument) {
    if (argument.is_string()) {
        return header == argument.get_ref<const std::string&>();
    }
    if (argument.is_boolean()) {
        return header == (argument.get<bool>() ? "true" : "false");
    }
    if (argument.is_number()) {
        const std::optional<double> number = read_number(header);
        return number && *number == argument.get<double>();
    }
    return false;
}

void check_param_header(const HttpHeaders& headers, const std::string& label,
                        const Json& argument) {
    const auto raw = find_header(headers, "mcp-param-" + ascii_lower(label));
    if (argument.is_null()) {
        if (raw) {
            refuse("The header Mcp-Param-" + label + " is there, but its argument is not.");
        }
        return;
    }
    if (!raw) {
        refuse("The header Mcp-Param-" + label + " is missing.");
    }
    const auto decoded = is_printable(*raw) ? decode_header_value(*raw) : std::nullopt;
    if (!decoded) {
        refuse("The header Mcp-Param-" + label + " is malformed.");
    }
    if (!says_the_same(*decoded, argument)) {
        refuse("The header Mcp-Param-" + label + " says something else than the argument.");
    }
}

}  // namespace

std::optional<std::string> find_header(const HttpHeaders& headers, std::string_view name) {
    for (const auto& [key, value] : headers) {
        if (key == name) {
            return std::string(trim(value));
        }
    }
    return std::nullopt;
}

std::optional<std::string> decode_header_value(std::string_view value) {
    if (value.size() < marker_open.size() + marker_close.size() ||
        !value.starts_with(marker_open) || !value.ends_with(marker_close)) {
        return std::string(value);
    }
    value.remove_prefix(marker_open.size());
    value.remove_suffix(marker_close.size());
    std::optional<std::string> decoded = from_base64(value);
    return decoded && is_utf8(*decoded) ? decoded : std::nullopt;
}

void check_stated_headers(const HttpHeaders& headers, const std::optional<std::string>& version,
                          std::string_view method) {
    const auto stated_version = find_header(headers, "mcp-protocol-version");
    if (version && stated_version && *stated_version != *version) {
        refuse("The header MCP-Protocol-Version says '" + *stated_version +
               "', the request's _meta says '" + *version + "'.");
    }
    const auto stated_method = find_header(headers, "mcp-method");
    if (stated_method && *stated_method != method) {
        refuse("The header Mcp-Method says '" + *stated_method + "', the body says '" +
               std::string(method) + "'.");
    }
}

void check_required_headers(const HttpHeaders& headers, std::string_view method,
                            const Json& params) {
    if (!find_header(headers, "mcp-protocol-version")) {
        refuse("The header MCP-Protocol-Version is missing.");
    }
    if (!find_header(headers, "mcp-method")) {
        refuse("The header Mcp-Method is missing.");
    }
    const char* source = name_source(method);
    if (source == nullptr || !params.contains(source) || !params[source].is_string()) {
        return;
    }
    const auto name = find_header(headers, "mcp-name");
    if (!name) {
        refuse("The header Mcp-Name is missing.");
    }
    const auto decoded = decode_header_value(*name);
    if (!decoded || *decoded != params[source].get_ref<const std::string&>()) {
        refuse("The header Mcp-Name does not say what the body's params." + std::string(source) +
               " says.");
    }
}

void check_param_headers(const HttpHeaders& headers, const Json& input_schema,
                         const Json& arguments) {
    const auto properties = input_schema.find("properties");
    if (properties == input_schema.end() || !properties->is_object()) {
        return;
    }
    for (const auto& [name, property] : properties->items()) {
        if (!property.is_object()) {
            continue;
        }
        const Json argument =
            arguments.is_object() && arguments.contains(name) ? arguments[name] : Json();
        if (const auto label = property.find("x-mcp-header");
            label != property.end() && label->is_string()) {
            check_param_header(headers, label->get<std::string>(), argument);
        }
        check_param_headers(headers, property, argument);
    }
}

}  // namespace rag::mcp
