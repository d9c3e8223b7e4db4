#include "rag/metadata_filter.hpp"

#include "rag/error.hpp"

#include <doctest/doctest.h>

using namespace rag;
using nlohmann::json;

namespace {

bool filter_matches(const char* filter, const char* metadata) {
    return matches(parse_metadata_filter(json::parse(filter)), json::parse(metadata));
}

}  // namespace

TEST_CASE("metadata_filter: containment") {
    CHECK(filter_matches(R"({})", R"({"a":1})"));
    CHECK(filter_matches(R"({"a":1})", R"({"a":1.0,"b":2})"));
    CHECK_FALSE(filter_matches(R"({"a":1})", R"({"a":"1"})"));
    CHECK_FALSE(filter_matches(R"({"a":1,"b":3})", R"({"a":1,"b":2})"));
    CHECK(filter_matches(R"({"a":{"b":1}})", R"({"a":{"b":1,"c":2}})"));
    CHECK_FALSE(filter_matches(R"({"a":{"b":1}})", R"({"a":{"c":2}})"));
    CHECK(filter_matches(R"({"tags":["x","y"]})", R"({"tags":["z","y","x"]})"));
    CHECK_FALSE(filter_matches(R"({"tags":["x","q"]})", R"({"tags":["z","y","x"]})"));
    CHECK(filter_matches(R"({"tags":"x"})", R"({"tags":["x","y"]})"));
    CHECK(filter_matches(R"({"a":null})", R"({"a":null})"));
    CHECK_FALSE(filter_matches(R"({"a":null})", R"({})"));
}

TEST_CASE("metadata_filter: operators") {
    CHECK(filter_matches(R"({"y":{"$gte":2024,"$lt":2026}})", R"({"y":2025})"));
    CHECK_FALSE(filter_matches(R"({"y":{"$gt":2025}})", R"({"y":2025})"));
    CHECK_FALSE(filter_matches(R"({"y":{"$gt":1}})", R"({"y":"2"})"));
    CHECK(filter_matches(R"({"d":{"$lte":"2026-01-01"}})", R"({"d":"2025-12-31"})"));
    CHECK(filter_matches(R"({"k":{"$in":["a","b"]}})", R"({"k":"b"})"));
    CHECK(filter_matches(R"({"k":{"$in":["a","b"]}})", R"({"k":["c","b"]})"));
    CHECK_FALSE(filter_matches(R"({"k":{"$in":[]}})", R"({"k":"b"})"));
    CHECK(filter_matches(R"({"k":{"$ne":"a"}})", R"({"k":"b"})"));
    CHECK(filter_matches(R"({"k":{"$ne":"a"}})", R"({})"));
    CHECK(filter_matches(R"({"k":{"$exists":false}})", R"({})"));
    CHECK(filter_matches(R"({"k":{"$exists":true}})", R"({"k":null})"));
}

TEST_CASE("metadata_filter: what cannot be meant is an error that says so") {
    for (const char* filter :
         {R"([])", R"("x")", R"({"$gt":1})", R"({"a":{"$regex":"x"}})", R"({"a":{"$in":1}})",
          R"({"a":{"$exists":1}})", R"({"a":{"$gt":[1]}})"}) {
        CAPTURE(filter);
        CHECK_THROWS_AS(parse_metadata_filter(json::parse(filter)), Error);
    }
    CHECK(parse_metadata_filter(json()).empty());
}

TEST_CASE("metadata_filter: to_json is the inverse of parsing") {
    const json filter = json::parse(R"({"a":{"$gte":1,"$lt":5},"b":"x","c":{"d":[1]}})");
    CHECK(to_json(parse_metadata_filter(filter)) == filter);
}

TEST_CASE("metadata: a chunk's keys lie over its document's") {
    CHECK(effective_metadata(json{{"a", 1}, {"b", 2}}, json{{"b", 3}}) == json{{"a", 1}, {"b", 3}});
}
