#include "storage/postgres_filter.hpp"

#include "storage/postgres_values.hpp"

#include <algorithm>

namespace rag::storage {
namespace {

/// jsonb keeps numbers as decimals, `matches` compares some of them as doubles: integers within
/// 2^53 and text are what both see alike.
bool compares_alike(const nlohmann::json& operand) {
    constexpr std::int64_t exact_max = std::int64_t{1} << 53;
    if (operand.is_number_unsigned()) {
        return operand.get<std::uint64_t>() <= static_cast<std::uint64_t>(exact_max);
    }
    if (operand.is_number_integer()) {
        return operand.get<std::int64_t>() >= -exact_max;
    }
    if (operand.is_string()) {
        return operand.get_ref<const std::string&>().find('\0') == std::string::npos;
    }
    return operand.is_boolean() || operand.is_null();
}

class Compiler {
public:
    Compiler(const std::string& value, std::size_t next) : value_(value), next_(next) {}

    void add(const FilterCondition& condition) {
        if (condition.key.find('\0') != std::string::npos) {
            filter_.exact = false;
            return;
        }
        const std::string part = compile(condition);
        if (part.empty()) {
            filter_.exact = false;
            return;
        }
        filter_.condition += " and " + part;
    }

    SqlFilter take() { return std::move(filter_); }

private:
    std::string param(std::string text, const std::string& type) {
        filter_.params.emplace_back(std::move(text));
        return '$' + std::to_string(next_++) + "::" + type;
    }

    /// Empty when there is no SQL that says the same.
    std::string compile(const FilterCondition& condition) {
        const nlohmann::json& operand = condition.operand;
        switch (condition.op) {
            case FilterOperator::exists:
                return std::string(operand.get<bool>() ? "" : "not ") + '(' + value_ + " ? " +
                       param(condition.key, "text") + ')';
            case FilterOperator::contains:
                return compares_alike(operand) ? contains(condition.key, operand) : "";
            case FilterOperator::ne:
                return compares_alike(operand)
                           ? "not coalesce(" + contains(condition.key, operand) + ", false)"
                           : "";
            case FilterOperator::in: return compile_in(condition);
            default: return compile_order(condition);
        }
    }

    std::string at(const std::string& key) {
        return '(' + value_ + "->" + param(key, "text") + ')';
    }

    /// `@>` of an array and a scalar holds for an element that is equal, as `matches` has it.
    std::string contains(const std::string& key, const nlohmann::json& operand) {
        return '(' + at(key) + " @> " + param(to_stored_json(operand), "jsonb") + ')';
    }

    std::string compile_in(const FilterCondition& condition) {
        if (!std::all_of(condition.operand.begin(), condition.operand.end(), compares_alike)) {
            return "";
        }
        std::string any = "(false";
        for (const nlohmann::json& option : condition.operand) {
            any += " or " + contains(condition.key, option);
        }
        return any + ')';
    }

    std::string compile_order(const FilterCondition& condition) {
        if (!condition.operand.is_string() || !compares_alike(condition.operand)) {
            return "";
        }
        const std::string value = at(condition.key);
        const std::string key = param(condition.key, "text");
        return "(case when jsonb_typeof(" + value + ") = 'string' then (" + value_ + "->>" + key +
               ") collate \"C\" " + sign(condition.op) + ' ' +
               param(condition.operand.get<std::string>(), "text") + " else false end)";
    }

    static const char* sign(FilterOperator op) {
        switch (op) {
            case FilterOperator::gt: return ">";
            case FilterOperator::gte: return ">=";
            case FilterOperator::lt: return "<";
            default: return "<=";
        }
    }

    std::string value_;
    std::size_t next_;
    SqlFilter filter_;
};

}  // namespace

SqlFilter compile_filter(const MetadataFilter& filter, const std::string& value,
                         std::size_t first) {
    Compiler compiler(value, first);
    for (const FilterCondition& condition : filter.conditions) {
        compiler.add(condition);
    }
    return compiler.take();
}

}  // namespace rag::storage
