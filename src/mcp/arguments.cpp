#include "mcp/arguments.hpp"

#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rag::mcp {
namespace {

/// How much of a wrong value an error shows, in code points.
constexpr std::int64_t shown_value_max = 80;
/// Doubles hold every integer up to here.
constexpr double exact_integer_max = 9007199254740992.0;

[[noreturn]] void fail(const std::string& sentence) {
    throw Error(ErrorCode::invalid_argument, sentence);
}

std::string show(const Json& value) {
    const std::string text = dump_json(value);
    const std::string_view start = first_code_points(text, shown_value_max);
    return start.size() == text.size() ? text : std::string(start) + "…";
}

/// The member as a string; empty where there is none.
std::string text_member(const Json& schema, const char* key) {
    const auto at = schema.find(key);
    return at != schema.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::vector<std::string> types_of(const Json& schema) {
    const auto type = schema.find("type");
    if (type == schema.end()) {
        return {};
    }
    if (type->is_string()) {
        return {type->get<std::string>()};
    }
    std::vector<std::string> types;
    for (const Json& item : *type) {
        if (item.is_string()) {
            types.push_back(item.get<std::string>());
        }
    }
    return types;
}

const Json* alternatives_of(const Json& schema) {
    for (const char* key : {"anyOf", "oneOf"}) {
        const auto at = schema.find(key);
        if (at != schema.end() && at->is_array() && !at->empty()) {
            return &*at;
        }
    }
    return nullptr;
}

bool allows_null(const Json& schema) {
    const std::vector<std::string> types = types_of(schema);
    for (const std::string& type : types) {
        if (type == "null") {
            return true;
        }
    }
    if (const Json* alternatives = alternatives_of(schema)) {
        for (const Json& alternative : *alternatives) {
            if (allows_null(alternative)) {
                return true;
            }
        }
        return false;
    }
    return types.empty();
}

const char* article(const std::string& type) {
    return type == "integer" || type == "object" || type == "array" ? "an " : "a ";
}

std::string shown_number(const Json& number) {
    return dump_json(number);
}

/// "an integer from 1 to 50", "one of \"a\", \"b\"", "a string"
std::string describe(const Json& schema) {
    if (const auto values = schema.find("enum"); values != schema.end() && values->is_array()) {
        std::string text = "one of ";
        for (const Json& value : *values) {
            if (!value.is_null()) {
                text += (text.size() > 7 ? ", " : "") + dump_json(value);
            }
        }
        return text;
    }
    std::string text;
    for (const std::string& type : types_of(schema)) {
        if (type != "null") {
            text += (text.empty() ? "" : " or ") + (article(type) + type);
        }
    }
    if (const Json* alternatives = alternatives_of(schema); alternatives && text.empty()) {
        for (const Json& alternative : *alternatives) {
            if (types_of(alternative) != std::vector<std::string>{"null"}) {
                text += (text.empty() ? "" : " or ") + describe(alternative);
            }
        }
    }
    if (text == "an array" && schema.contains("items") && schema["items"].is_object()) {
        const std::string item = text_member(schema["items"], "type");
        text += item.empty() ? "" : " of " + item + "s";
    }
    const auto least = schema.find("minimum");
    const auto most = schema.find("maximum");
    if (least != schema.end() && most != schema.end()) {
        text += " from " + shown_number(*least) + " to " + shown_number(*most);
    } else if (least != schema.end()) {
        text += " of at least " + shown_number(*least);
    } else if (most != schema.end()) {
        text += " of at most " + shown_number(*most);
    }
    return text.empty() ? "another value" : text;
}

[[noreturn]] void fail_value(const std::string& name, const Json& value, const Json& schema) {
    fail("Argument '" + name + "' must be " + describe(schema) + ", not " + show(value) + ".");
}

std::optional<std::int64_t> whole_number(double number) {
    if (std::isfinite(number) && std::trunc(number) == number &&
        std::abs(number) <= exact_integer_max) {
        return static_cast<std::int64_t>(number);
    }
    return std::nullopt;
}

/// What reads the arguments knows integers of 64 bits with a sign alone.
std::optional<Json> as_integer(Json number) {
    if (number.is_number_float()) {
        const std::optional<std::int64_t> whole = whole_number(number.get<double>());
        return whole ? std::optional<Json>(*whole) : std::nullopt;
    }
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    const bool fits = !number.is_number_unsigned() ||
                      number.get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
    return fits ? std::optional<Json>(std::move(number)) : std::nullopt;
}

/// A number written as text, wholly.
std::optional<Json> number_in(const std::string& text) {
    const std::string_view trimmed = trim(text);
    const char* end = trimmed.data() + trimmed.size();
    std::int64_t integer = 0;
    if (const auto read = std::from_chars(trimmed.data(), end, integer);
        read.ec == std::errc() && read.ptr == end) {
        return Json(integer);
    }
    if (trimmed.empty() || trimmed.find_first_not_of("+-.0123456789eE") != std::string_view::npos) {
        return std::nullopt;
    }
    const Json parsed = Json::parse(trimmed, nullptr, /*allow_exceptions=*/false);
    return parsed.is_number() ? std::optional<Json>(parsed) : std::nullopt;
}

/// The value as `type`, or null where it cannot be taken for one.
std::optional<Json> coerce(const Json& value, const std::string& type) {
    if (type == "null") {
        return value.is_null() ? std::optional<Json>(value) : std::nullopt;
    }
    if (type == "string") {
        return value.is_string() ? std::optional<Json>(value) : std::nullopt;
    }
    if (type == "boolean") {
        if (value == "true" || value == "false") {
            return Json(value == "true");
        }
        return value.is_boolean() ? std::optional<Json>(value) : std::nullopt;
    }
    if (type == "integer" || type == "number") {
        std::optional<Json> number =
            value.is_string() ? number_in(value.get_ref<const std::string&>())
                              : (value.is_number() ? std::optional<Json>(value) : std::nullopt);
        return number && type == "integer" ? as_integer(*std::move(number)) : number;
    }
    const bool wants_object = type == "object";
    if (value.is_string()) {
        try {
            const Json parsed = parse_json(value.get_ref<const std::string&>());
            return (wants_object ? parsed.is_object() : parsed.is_array())
                       ? std::optional<Json>(parsed)
                       : std::nullopt;
        } catch (const Error&) {
            return std::nullopt;
        }
    }
    return (wants_object ? value.is_object() : value.is_array()) ? std::optional<Json>(value)
                                                                 : std::nullopt;
}

/// A value that has one of the types already is left alone; a text for one type must not be taken
/// for another ("5" stays a string where strings are allowed).
Json coerce_to_any(const std::string& name, const Json& value, const Json& schema) {
    const std::vector<std::string> types = types_of(schema);
    if (types.empty()) {
        return value;
    }
    std::optional<Json> coerced;
    for (const std::string& type : types) {
        std::optional<Json> candidate = coerce(value, type);
        if (candidate && candidate->type() == value.type()) {
            return *candidate;
        }
        if (candidate && !coerced) {
            coerced = std::move(candidate);
        }
    }
    if (!coerced) {
        fail_value(name, value, schema);
    }
    return *coerced;
}

void check_number(const std::string& name, const Json& value, const Json& schema) {
    const double number = value.get<double>();
    const auto bound = [&](const char* key) -> std::optional<double> {
        const auto at = schema.find(key);
        return at != schema.end() && at->is_number() ? std::optional(at->get<double>())
                                                     : std::nullopt;
    };
    const auto least = bound("minimum");
    const auto most = bound("maximum");
    if ((least && number < *least) || (most && number > *most)) {
        fail_value(name, value, schema);
    }
    if (const auto above = bound("exclusiveMinimum"); above && number <= *above) {
        fail("Argument '" + name + "' must be above " + show(schema["exclusiveMinimum"]) +
             ", not " + show(value) + ".");
    }
    if (const auto below = bound("exclusiveMaximum"); below && number >= *below) {
        fail("Argument '" + name + "' must be below " + show(schema["exclusiveMaximum"]) +
             ", not " + show(value) + ".");
    }
}

void check_size(const std::string& name, std::int64_t size, const Json& schema,
                const std::pair<const char*, const char*>& keys, const char* unit) {
    const auto least = schema.find(keys.first);
    const auto most = schema.find(keys.second);
    if (least != schema.end() && least->is_number_integer() && size < least->get<std::int64_t>()) {
        fail("Argument '" + name + "' must have at least " + show(*least) + " " + unit +
             "; it has " + std::to_string(size) + ".");
    }
    if (most != schema.end() && most->is_number_integer() && size > most->get<std::int64_t>()) {
        fail("Argument '" + name + "' must have at most " + show(*most) + " " + unit + "; it has " +
             std::to_string(size) + ".");
    }
}

Json prepare_value(const std::string& name, const Json& value, const Json& schema);
Json prepare_object(const std::string& prefix, const Json& object, const Json& schema);

Json prepare_alternatives(const std::string& name, const Json& value, const Json& schema,
                          const Json& alternatives) {
    std::optional<Json> coerced;
    for (const Json& alternative : alternatives) {
        try {
            Json candidate = prepare_value(name, value, alternative);
            if (candidate.type() == value.type()) {
                return candidate;
            }
            if (!coerced) {
                coerced = std::move(candidate);
            }
        } catch (const Error&) {
            if (types_of(alternative) == std::vector<std::string>{"null"}) {
                continue;
            }
            if (alternatives.size() == 2 && allows_null(schema)) {
                throw;  // "X or null": X's own sentence says more than ours.
            }
        }
    }
    if (!coerced) {
        fail_value(name, value, schema);
    }
    return *coerced;
}

Json prepare_value(const std::string& name, const Json& value, const Json& schema) {
    if (!schema.is_object()) {
        return value;
    }
    if (const Json* alternatives = alternatives_of(schema)) {
        return prepare_alternatives(name, value, schema, *alternatives);
    }
    Json prepared = coerce_to_any(name, value, schema);
    if (prepared.is_null() && allows_null(schema)) {
        return prepared;
    }
    if (const auto values = schema.find("enum"); values != schema.end() && values->is_array()) {
        bool found = false;
        for (const Json& allowed : *values) {
            found = found || allowed == prepared;
        }
        if (!found) {
            fail_value(name, value, schema);
        }
    }
    if (const auto only = schema.find("const"); only != schema.end() && *only != prepared) {
        fail("Argument '" + name + "' must be " + show(*only) + ", not " + show(value) + ".");
    }
    if (prepared.is_number()) {
        check_number(name, prepared, schema);
    } else if (prepared.is_string()) {
        check_size(name, count_code_points(prepared.get_ref<const std::string&>()), schema,
                   {"minLength", "maxLength"}, "characters");
    } else if (prepared.is_array()) {
        check_size(name, static_cast<std::int64_t>(prepared.size()), schema,
                   {"minItems", "maxItems"}, "items");
        if (const auto items = schema.find("items"); items != schema.end()) {
            for (std::size_t i = 0; i < prepared.size(); ++i) {
                prepared[i] =
                    prepare_value(name + "[" + std::to_string(i) + "]", prepared[i], *items);
            }
        }
    } else if (prepared.is_object() && schema.contains("properties")) {
        prepared = prepare_object(name + ".", prepared, schema);
    }
    return prepared;
}

bool is_required(const Json& schema, const std::string& name) {
    const auto required = schema.find("required");
    if (required == schema.end() || !required->is_array()) {
        return false;
    }
    for (const Json& item : *required) {
        if (item == name) {
            return true;
        }
    }
    return false;
}

/// Members that the schema does not name are dropped from the arguments, and kept below them.
Json prepare_object(const std::string& prefix, const Json& object, const Json& schema) {
    Json prepared = prefix.empty() ? Json::object() : object;
    const auto properties = schema.find("properties");
    if (properties == schema.end() || !properties->is_object()) {
        return prepared;
    }
    for (const auto& [name, property] : properties->items()) {
        const auto given = object.find(name);
        const bool absent = given == object.end() || (given->is_null() && !allows_null(property));
        if (!absent && !given->is_null()) {
            prepared[name] = prepare_value(prefix + name, *given, property);
            continue;
        }
        if (is_required(schema, name) && absent) {
            fail("Argument '" + prefix + name + "' is missing: it must be " + describe(property) +
                 ".");
        }
        prepared.erase(name);
        if (property.is_object() && property.contains("default")) {
            prepared[name] = property["default"];
        } else if (!absent) {
            prepared[name] = nullptr;
        }
    }
    return prepared;
}

}  // namespace

Json prepare_arguments(const Json& input_schema, const Json& arguments) {
    return prepare_object("", arguments.is_object() ? arguments : Json::object(), input_schema);
}

}  // namespace rag::mcp
