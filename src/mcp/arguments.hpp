#pragma once

#include "base/json.hpp"

namespace rag::mcp {

/// Makes of what a client sent for a tool (an object; null where it sent nothing) what the tool's
/// handler expects, under the tool's inputSchema. Coercion comes first: JSON texts for objects and
/// arrays, "5" and 5.0 for integers, null for what is left out; then types, ranges and enums are
/// checked and defaults filled in. Arguments that the schema does not name are dropped.
///
/// Understands type, enum, const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength,
/// maxLength, items, minItems, maxItems, properties, required, default, anyOf and oneOf; what else
/// a schema holds is for the client to read.
///
/// Throws Error{invalid_argument} with one sentence that names the argument, the value and the way
/// out.
Json prepare_arguments(const Json& input_schema, const Json& arguments);

}  // namespace rag::mcp
