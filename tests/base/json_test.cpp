#include "base/json.hpp"

#include "rag/error.hpp"

#include <doctest/doctest.h>

using namespace rag;

TEST_CASE("json: what is not one JSON text is refused with a sentence") {
    for (const char* text : {"", "{", "{}{}", "nul", "{'a':1}", "[1,]", "\xFF", "\"\xC3\"", "01"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_json(text), Error);
    }
    CHECK(parse_json(" {\"a\": [1, 2.5, \"x\"]} ")["a"][1] == 2.5);
}

TEST_CASE("json: depth is bounded before anything is built") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK(parse_json(nested(json_depth_max)).is_array());
    CHECK_THROWS_AS(parse_json(nested(json_depth_max + 1)), Error);
    CHECK_THROWS_AS(parse_json(nested(2'000'000)), Error);
    CHECK(parse_json("\"" + std::string(500, '[') + "\"").is_string());
}

TEST_CASE("json: of duplicate keys the last counts; broken UTF-8 is never written") {
    CHECK(parse_json(R"({"a":1,"a":2})")["a"] == 2);
    CHECK(dump_json(Json{{"a", "x\xFFy"}}) == "{\"a\":\"x\xEF\xBF\xBDy\"}");
}
