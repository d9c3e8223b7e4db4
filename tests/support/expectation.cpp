#include "support/expectation.hpp"

#include <regex>
#include <stdexcept>

namespace rag::test {
namespace {

using nlohmann::json;

std::string type_of(const json& value) {
    if (value.is_number_integer()) {
        return "integer";
    }
    return value.type_name();
}

std::string fail(const std::string& path, const std::string& what, const json& actual) {
    std::string shown = actual.dump(-1, ' ', false, json::error_handler_t::replace);
    if (shown.size() > 600) {
        shown = shown.substr(0, 600) + "...";
    }
    return (path.empty() ? "the result" : path) + ' ' + what + ", but is " + shown;
}

bool holds(const json& actual, const json& element) {
    if (actual.is_string() && element.is_string()) {
        return actual.get_ref<const std::string&>().find(element.get_ref<const std::string&>()) !=
               std::string::npos;
    }
    if (!actual.is_array()) {
        return false;
    }
    for (const json& candidate : actual) {
        if (find_mismatch(element, candidate).empty()) {
            return true;
        }
    }
    return false;
}

std::string check_sorted(const std::string& key, const json& actual, const std::string& path) {
    if (!actual.is_array()) {
        return fail(path, "should be an array", actual);
    }
    for (std::size_t i = 1; i < actual.size(); ++i) {
        if (actual[i - 1].at(key) < actual[i].at(key)) {
            return fail(path, "should never increase under '" + key + "'", actual);
        }
    }
    return {};
}

std::string check_test(const std::string& test, const json& operand, const json& actual,
                       const std::string& path) {
    if (test == "$any") {
        return {};
    }
    if (test == "$type") {
        const bool same =
            operand == json(type_of(actual)) || (operand == "number" && actual.is_number());
        return same ? "" : fail(path, "should be of type " + operand.dump(), actual);
    }
    if (test == "$matches") {
        const bool found =
            actual.is_string() &&
            std::regex_search(actual.get<std::string>(), std::regex(operand.get<std::string>()));
        return found ? "" : fail(path, "should match " + operand.dump(), actual);
    }
    if (test == "$contains") {
        return holds(actual, operand) ? "" : fail(path, "should contain " + operand.dump(), actual);
    }
    if (test == "$not_contains") {
        return holds(actual, operand) ? fail(path, "should not contain " + operand.dump(), actual)
                                      : "";
    }
    if (test == "$length") {
        const std::size_t length =
            actual.is_string() ? actual.get_ref<const std::string&>().size() : actual.size();
        return length == operand ? "" : fail(path, "should have length " + operand.dump(), actual);
    }
    if (test == "$between") {
        const bool within =
            actual.is_number() && actual >= operand.at(0) && actual <= operand.at(1);
        return within ? "" : fail(path, "should be between " + operand.dump(), actual);
    }
    if (test == "$sorted_down") {
        return check_sorted(operand.get<std::string>(), actual, path);
    }
    throw std::runtime_error("the scenario uses an unknown test " + test);
}

std::string check_object(const json& expected, const json& actual, const std::string& path) {
    if (!actual.is_object()) {
        return fail(path, "should be an object", actual);
    }
    for (const auto& [key, value] : expected.items()) {
        const std::string inner = path + '/' + key;
        const bool wants_absence = value.is_object() && value.contains("$absent");
        if (!actual.contains(key)) {
            if (!wants_absence) {
                return fail(path, "should have '" + key + "'", actual);
            }
            continue;
        }
        if (wants_absence) {
            return fail(inner, "should be absent", actual[key]);
        }
        std::string mismatch = find_mismatch(value, actual[key], inner);
        if (!mismatch.empty()) {
            return mismatch;
        }
    }
    return {};
}

std::string substitute_in_text(std::string text, const Variables& variables) {
    for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
        const std::size_t end = text.find('}', at);
        const std::string name = text.substr(at + 2, end - at - 2);
        const auto found = variables.find(name);
        if (found == variables.end()) {
            throw std::runtime_error("the scenario uses ${" + name + "} before it is saved");
        }
        const json& value = found->second;
        const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
        text.replace(at, end - at + 1, shown);
        at += shown.size();
    }
    return text;
}

}  // namespace

json substitute(const json& value, const Variables& variables) {
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        const bool whole = text.starts_with("${") && text.find('}') == text.size() - 1;
        if (whole && variables.contains(text.substr(2, text.size() - 3))) {
            return variables.at(text.substr(2, text.size() - 3));
        }
        return substitute_in_text(text, variables);
    }
    json result = value;
    if (value.is_structured()) {
        for (json& element : result) {
            element = substitute(element, variables);
        }
    }
    return result;
}

std::string find_mismatch(const json& expected, const json& actual, const std::string& path) {
    if (expected.is_object()) {
        if (!expected.empty() && expected.begin().key().starts_with('$')) {
            for (const auto& [test, operand] : expected.items()) {
                std::string mismatch = check_test(test, operand, actual, path);
                if (!mismatch.empty()) {
                    return mismatch;
                }
            }
            return {};
        }
        return check_object(expected, actual, path);
    }
    if (expected.is_array()) {
        if (!actual.is_array() || actual.size() != expected.size()) {
            return fail(path, "should be an array of " + std::to_string(expected.size()), actual);
        }
        for (std::size_t i = 0; i < expected.size(); ++i) {
            std::string mismatch =
                find_mismatch(expected[i], actual[i], path + '/' + std::to_string(i));
            if (!mismatch.empty()) {
                return mismatch;
            }
        }
        return {};
    }
    return expected == actual ? "" : fail(path, "should be " + expected.dump(), actual);
}

}  // namespace rag::test
