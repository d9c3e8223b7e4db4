#include "rag/metadata_filter.hpp"

#include "rag/error.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rag {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, FilterOperator>, 7> operator_names{{
    {"$in", FilterOperator::in},
    {"$gt", FilterOperator::gt},
    {"$gte", FilterOperator::gte},
    {"$lt", FilterOperator::lt},
    {"$lte", FilterOperator::lte},
    {"$ne", FilterOperator::ne},
    {"$exists", FilterOperator::exists},
}};

Error filter_error(const std::string& sentence) {
    return {ErrorCode::invalid_argument, "metadata_filter: " + sentence};
}

bool is_operator_object(const json& value) {
    if (!value.is_object() || value.empty()) {
        return false;
    }
    for (const auto& [key, operand] : value.items()) {
        if (!key.starts_with('$')) {
            return false;
        }
    }
    return true;
}

FilterCondition read_condition(const std::string& key, const std::string& name,
                               const json& operand) {
    const auto* found = std::find_if(operator_names.begin(), operator_names.end(),
                                     [&](const auto& entry) { return entry.first == name; });
    if (found == operator_names.end()) {
        throw filter_error("operator '" + name + "' of key '" + key +
                           "' is unknown; use $in, $gt, $gte, $lt, $lte, $ne or $exists.");
    }
    const FilterOperator op = found->second;
    if (op == FilterOperator::in && !operand.is_array()) {
        throw filter_error("$in of key '" + key + "' needs an array.");
    }
    if (op == FilterOperator::exists && !operand.is_boolean()) {
        throw filter_error("$exists of key '" + key + "' needs true or false.");
    }
    const bool ordered = op == FilterOperator::gt || op == FilterOperator::gte ||
                         op == FilterOperator::lt || op == FilterOperator::lte;
    if (ordered && !operand.is_number() && !operand.is_string()) {
        throw filter_error(name + " of key '" + key + "' needs a number or a string.");
    }
    return {key, op, operand};
}

bool contains(const json& value, const json& operand) {
    if (operand.is_object()) {
        if (!value.is_object()) {
            return false;
        }
        return std::all_of(operand.items().begin(), operand.items().end(), [&](const auto& item) {
            const auto found = value.find(item.key());
            return found != value.end() && contains(*found, item.value());
        });
    }
    if (!value.is_array()) {
        return !operand.is_array() && value == operand;
    }
    const auto holds = [&](const json& element) {
        return std::any_of(value.begin(), value.end(),
                           [&](const json& candidate) { return contains(candidate, element); });
    };
    if (operand.is_array()) {
        return std::all_of(operand.begin(), operand.end(), holds);
    }
    return std::any_of(value.begin(), value.end(),
                       [&](const json& candidate) { return candidate == operand; });
}

/// Null when the two have no order.
std::optional<int> compare(const json& a, const json& b) {
    if ((a.is_number() && b.is_number()) || (a.is_string() && b.is_string())) {
        return a < b ? -1 : (b < a ? 1 : 0);
    }
    return std::nullopt;
}

bool holds(const FilterCondition& condition, const Metadata& metadata) {
    const auto found = metadata.find(condition.key);
    const bool there = found != metadata.end();
    if (condition.op == FilterOperator::exists) {
        return there == condition.operand.get<bool>();
    }
    if (condition.op == FilterOperator::ne) {
        return !there || !contains(*found, condition.operand);
    }
    if (!there) {
        return false;
    }
    if (condition.op == FilterOperator::contains) {
        return contains(*found, condition.operand);
    }
    if (condition.op == FilterOperator::in) {
        return std::any_of(condition.operand.begin(), condition.operand.end(),
                           [&](const json& option) { return contains(*found, option); });
    }
    const std::optional<int> order = compare(*found, condition.operand);
    if (!order) {
        return false;
    }
    switch (condition.op) {
        case FilterOperator::gt: return *order > 0;
        case FilterOperator::gte: return *order >= 0;
        case FilterOperator::lt: return *order < 0;
        default: return *order <= 0;
    }
}

std::string_view operator_name(FilterOperator op) {
    for (const auto& [name, value] : operator_names) {
        if (value == op) {
            return name;
        }
    }
    return {};
}

}  // namespace

MetadataFilter parse_metadata_filter(const json& argument) {
    if (argument.is_null()) {
        return {};
    }
    if (!argument.is_object()) {
        throw filter_error("needs an object such as {\"team\": \"db\"}.");
    }
    MetadataFilter filter;
    for (const auto& [key, value] : argument.items()) {
        if (key.starts_with('$')) {
            throw filter_error("'" + key + "' stands where a key should; write {\"key\": {\"" +
                               key + "\": value}}.");
        }
        if (is_operator_object(value)) {
            for (const auto& [name, operand] : value.items()) {
                filter.conditions.push_back(read_condition(key, name, operand));
            }
        } else {
            filter.conditions.push_back({key, FilterOperator::contains, value});
        }
    }
    if (filter.conditions.size() > filter_conditions_max) {
        throw filter_error("has " + std::to_string(filter.conditions.size()) +
                           " conditions; at most " + std::to_string(filter_conditions_max) + ".");
    }
    return filter;
}

json to_json(const MetadataFilter& filter) {
    json object = json::object();
    for (const FilterCondition& condition : filter.conditions) {
        if (condition.op == FilterOperator::contains) {
            object[condition.key] = condition.operand;
        } else {
            object[condition.key][std::string(operator_name(condition.op))] = condition.operand;
        }
    }
    return object;
}

bool matches(const MetadataFilter& filter, const Metadata& metadata) {
    return std::all_of(
        filter.conditions.begin(), filter.conditions.end(),
        [&](const FilterCondition& condition) { return holds(condition, metadata); });
}

Metadata effective_metadata(const Metadata& document, const Metadata& chunk) {
    Metadata merged = document.is_object() ? document : Metadata::object();
    if (chunk.is_object()) {
        for (const auto& [key, value] : chunk.items()) {
            merged[key] = value;
        }
    }
    return merged;
}

}  // namespace rag
