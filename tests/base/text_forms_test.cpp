#include "base/time_text.hpp"
#include "base/utf8.hpp"

#include <doctest/doctest.h>

using namespace rag;

TEST_CASE("utf8: well-formed and ill-formed sequences") {
    for (const char* good : {"", "abc", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
        CAPTURE(good);
        CHECK(is_utf8(good));
        CHECK(replace_invalid_utf8(good) == good);
    }
    for (const char* bad : {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\xAF", "\xED\xA0\x80",
                            "\xF5\x80\x80\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
        CHECK_FALSE(is_utf8(bad));
        CHECK(is_utf8(replace_invalid_utf8(bad)));
    }
    CHECK(replace_invalid_utf8("a\xFFz") == "a\xEF\xBF\xBDz");
}

TEST_CASE("utf8: code points are counted, found and cut whole") {
    const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
    CHECK(count_code_points(text) == 5);
    CHECK(byte_offset(text, 3) == 6);
    CHECK(byte_offset(text, 5) == text.size());
    CHECK(byte_offset(text, 99) == text.size());
    CHECK(first_code_points(text, 2) == "a\xC3\xA9");
    std::string again;
    for (std::size_t i = 0; i < text.size();) {
        const DecodedCodePoint c = decode_utf8(text, i);
        append_utf8(again, c.value);
        i += c.bytes;
    }
    CHECK(again == text);
}

TEST_CASE("utf8: blank is what shows nothing") {
    CHECK(is_blank(""));
    CHECK(is_blank(" \t\n\xC2\xA0\xE3\x80\x80\xE2\x80\x8B"));
    CHECK_FALSE(is_blank(" x "));
    CHECK(trim("  a b \n") == "a b");
}

TEST_CASE("time: ISO 8601 both ways, to the millisecond") {
    const Timestamp time{std::chrono::milliseconds{1'772'366'400'123}};
    CHECK(to_iso8601(time) == "2026-03-01T12:00:00.123Z");
    CHECK(from_iso8601("2026-03-01T12:00:00.123Z") == time);
    CHECK(from_iso8601("2026-03-01T12:00:00Z") == time - std::chrono::milliseconds{123});
    CHECK(from_iso8601("2026-03-01T12:00:00.123456Z") == time);
    for (const char* bad :
         {"", "2026-13-01T12:00:00Z", "2026-03-01 12:00:00Z", "2026-03-01T12:00:00",
          "2026-02-30T00:00:00Z", "2026-03-01T25:00:00Z"}) {
        CHECK_FALSE(from_iso8601(bad).has_value());
    }
}
