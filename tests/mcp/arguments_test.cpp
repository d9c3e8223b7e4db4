#include "mcp/arguments.hpp"

#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using rag::Json;
using rag::mcp::prepare_arguments;

const Json schema = Json::parse(R"({
  "type": "object",
  "properties": {
    "query": {"type": "string", "maxLength": 10},
    "limit": {"type": "integer", "minimum": 1, "default": 5},
    "depth": {"type": "integer", "minimum": 0, "maximum": 3},
    "threshold": {"type": ["number", "null"], "default": null},
    "mode": {"type": "string", "enum": ["crawl", "recrawl"], "default": "crawl"},
    "flag": {"type": "boolean", "default": false},
    "metadata": {"anyOf": [{"type": "object"}, {"type": "null"}], "default": null},
    "patterns": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
    "nested": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
  },
  "required": ["query"]
})");

Json prepare(Json arguments) {
    if (!arguments.contains("query")) {
        arguments["query"] = "q";
    }
    return prepare_arguments(schema, arguments);
}

std::string sentence(const Json& arguments) {
    try {
        prepare_arguments(schema, arguments);
    } catch (const rag::Error& error) {
        CHECK(error.code() == rag::ErrorCode::invalid_argument);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("arguments: what is left out or null takes its default, unknown ones are dropped") {
    const Json expected = {{"query", "q"},    {"limit", 5},    {"threshold", nullptr},
                           {"mode", "crawl"}, {"flag", false}, {"metadata", nullptr}};
    CHECK(prepare({}) == expected);
    CHECK(prepare({{"limit", nullptr}, {"mode", nullptr}, {"metadata", nullptr}, {"other", 1}}) ==
          expected);
    CHECK_FALSE(prepare({{"depth", nullptr}}).contains("depth"));
}

TEST_CASE("arguments: whole numbers come as text and as floats, halves do not") {
    for (const Json& five : {Json(5), Json("5"), Json(5.0), Json("5.0"), Json(" 5 ")}) {
        CHECK(prepare({{"limit", five}})["limit"] == 5);
        CHECK(prepare({{"limit", five}})["limit"].is_number_integer());
    }
    for (const Json& wrong :
         {Json(5.5), Json("5.5"), Json("five"), Json(""), Json(true), Json(1e300), Json("1e300"),
          Json(18446744073709551615ULL), Json("9223372036854775808"), Json(Json::array({5}))}) {
        CHECK_THROWS_AS(prepare({{"limit", wrong}}), rag::Error);
    }
    CHECK(prepare({{"limit", 9223372036854775807LL}})["limit"] == 9223372036854775807LL);
    CHECK(prepare({{"limit", 9223372036854775807ULL}})["limit"] == 9223372036854775807LL);
    CHECK(prepare({{"threshold", "0.25"}})["threshold"] == 0.25);
    CHECK(prepare({{"threshold", 1}})["threshold"] == 1);
}

TEST_CASE("arguments: objects and arrays may come as JSON texts") {
    CHECK(prepare({{"metadata", R"({"a": [1]})"}})["metadata"]["a"][0] == 1);
    CHECK(prepare({{"metadata", {{"a", 1}}}})["metadata"]["a"] == 1);
    CHECK(prepare({{"patterns", R"(["x", "y"])"}})["patterns"].size() == 2);
    CHECK(prepare({{"nested", R"({"n": "7"})"}})["nested"]["n"] == 7);
    CHECK_THROWS_AS(prepare({{"metadata", "[1]"}}), rag::Error);
    CHECK_THROWS_AS(prepare({{"metadata", "{"}}), rag::Error);
    CHECK_THROWS_AS(prepare({{"patterns", "x"}}), rag::Error);
}

TEST_CASE("arguments: a text stays a text where texts are allowed") {
    CHECK(prepare({{"query", "5"}})["query"] == "5");
    CHECK(prepare_arguments({{"properties", {{"v", {{"type", {"integer", "string"}}}}}}},
                            {{"v", "5"}})["v"] == "5");
}

TEST_CASE("arguments: members of an object that its schema does not name are kept") {
    CHECK(prepare({{"nested", {{"n", 1}, {"more", 2}}}})["nested"]["more"] == 2);
}

TEST_CASE("arguments: each failure names the argument, the value and the way out") {
    CHECK(sentence(Json::object()) == "Argument 'query' is missing: it must be a string.");
    CHECK(sentence({{"query", nullptr}}) == "Argument 'query' is missing: it must be a string.");
    CHECK(sentence({{"query", 5}}) == "Argument 'query' must be a string, not 5.");
    CHECK(sentence({{"query", "q"}, {"depth", 4}}) ==
          "Argument 'depth' must be an integer from 0 to 3, not 4.");
    CHECK(sentence({{"query", "q"}, {"limit", 0}}) ==
          "Argument 'limit' must be an integer of at least 1, not 0.");
    CHECK(sentence({{"query", "q"}, {"mode", "walk"}}) ==
          "Argument 'mode' must be one of \"crawl\", \"recrawl\", not \"walk\".");
    CHECK(sentence({{"query", "q"}, {"patterns", {"a", 2}}}) ==
          "Argument 'patterns[1]' must be a string, not 2.");
    CHECK(sentence({{"query", "q"}, {"patterns", {"a", "b", "c"}}}) ==
          "Argument 'patterns' must have at most 2 items; it has 3.");
    CHECK(sentence({{"query", "q"}, {"nested", Json::object()}}) ==
          "Argument 'nested.n' is missing: it must be an integer.");
    CHECK(sentence({{"query", "12345678901"}}) ==
          "Argument 'query' must have at most 10 characters; it has 11.");
    CHECK(sentence({{"query", "q"}, {"metadata", 5}}) ==
          "Argument 'metadata' must be an object, not 5.");
}

TEST_CASE("arguments: a long wrong value is shown cut") {
    CHECK(sentence({{"query", "q"}, {"flag", std::string(1000, 'x')}}).size() < 200);
}
