#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace rag::test {

/// Holds values that one step saves and later ones use as "${name}".
using Variables = std::map<std::string, nlohmann::json>;

/// `value` with every "${name}" replaced: a string that is nothing but one takes the saved value
/// with its type, elsewhere it is put into the text. Throws std::runtime_error for a name never
/// saved.
nlohmann::json substitute(const nlohmann::json& value, const Variables& variables);

/// Why `actual` is not what `expected` asks for, as a sentence with the path; empty when it is.
/// An expected object names the keys that must be there, and no others; an array gives each
/// element. An object with one of these keys is a test instead:
///   {"$any": true}          anything, but there
///   {"$absent": true}       the key is not there
///   {"$type": "integer"}    integer, number, string, boolean, array, object or null
///   {"$matches": "regex"}   the string holds a match
///   {"$contains": x}        the array holds an element like x, or the string holds the text x
///   {"$not_contains": x}    it does not
///   {"$length": n}          of an array or string
///   {"$between": [a, b]}    a number, bounds included
///   {"$sorted_down": "key"} the array's elements never increase under that key
std::string find_mismatch(const nlohmann::json& expected, const nlohmann::json& actual,
                          const std::string& path = "");

}  // namespace rag::test
