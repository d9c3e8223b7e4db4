#pragma once

#include "rag/document.hpp"

#include <string>
#include <vector>

namespace rag {

/// How one condition compares the value under its key.
enum class FilterOperator { contains, in, gt, gte, lt, lte, ne, exists };

/// `operand` is the value to compare with; an array for `in`, a boolean for `exists`.
struct FilterCondition {
    std::string key;
    FilterOperator op = FilterOperator::contains;
    nlohmann::json operand;
};

/// A condition on a chunk's metadata (the document's keys, overridden by the chunk's own).
/// All conditions must hold; an empty filter holds for everything.
///
/// Containment: equal scalars (numbers by value, so 1 equals 1.0); an object holds each key of the
/// operand, recursively; an array holds each element of the operand in any order, and also holds a
/// scalar operand that is one of its elements. Order comparisons hold between two numbers or two
/// strings (by code point) only. A missing key matches `$ne` and `$exists: false` and nothing else;
/// a null value is there, and equals null.
struct MetadataFilter {
    std::vector<FilterCondition> conditions;

    bool empty() const { return conditions.empty(); }
};

constexpr std::size_t filter_conditions_max = 64;

/// Reads the `metadata_filter` argument, e.g. {"team": "db", "year": {"$gte": 2024}}.
/// An object of which every key begins with `$` is a set of operators; any other object is a value.
/// Throws Error{invalid_argument} for an unknown operator, a wrong operand or too many conditions.
MetadataFilter parse_metadata_filter(const nlohmann::json& argument);

/// The inverse of parse_metadata_filter, with a fixed order; equal filters give equal texts.
nlohmann::json to_json(const MetadataFilter& filter);

/// Whether the metadata satisfies the filter: the definition that every store and index agrees
/// with.
bool matches(const MetadataFilter& filter, const Metadata& metadata);

/// `document` with the keys of `chunk` laid over it, one level deep.
Metadata effective_metadata(const Metadata& document, const Metadata& chunk);

}  // namespace rag
