#include "base/trace_parent.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string span = "00f067aa0ba902b7";

}  // namespace

TEST_CASE("trace: a traceparent is read and written again") {
    const auto read = rag::parse_trace_parent("00-" + trace + "-" + span + "-01");
    REQUIRE(read.has_value());
    CHECK(read->trace_id == trace);
    CHECK(read->span_id == span);
    CHECK(read->text() == "00-" + trace + "-" + span + "-01");
}

TEST_CASE("trace: of a later version the known fields are read") {
    const auto read = rag::parse_trace_parent("cc-" + trace + "-" + span + "-00-what-may-come");
    REQUIRE(read.has_value());
    CHECK(read->text() == "00-" + trace + "-" + span + "-00");
}

TEST_CASE("trace: what is no traceparent is none") {
    for (const std::string& text :
         {std::string(), std::string("00"), "00-" + trace + "-" + span,
          "ff-" + trace + "-" + span + "-01", "00-" + trace + "-" + span + "-01-more",
          "00-" + std::string(32, '0') + "-" + span + "-01",
          "00-" + trace + "-" + std::string(16, '0') + "-01", "0x-" + trace + "-" + span + "-01",
          "00-" + std::string(32, 'A') + "-" + span + "-01", "00_" + trace + "-" + span + "-01",
          "00-" + trace + "-" + span + "-0\n", "cc-" + trace + "-" + span + "-00.x"}) {
        CAPTURE(text);
        CHECK_FALSE(rag::parse_trace_parent(text).has_value());
    }
}
