#include "cli/terminal.hpp"

#include <doctest/doctest.h>

using namespace rag::cli;

TEST_CASE("terminal: text is wrapped at spaces, long words are cut, line breaks stay") {
    CHECK(wrap_text("one two three", 8, "> ") == "> one two\n> three\n");
    CHECK(wrap_text("abcdefghij", 4, "") == "abcd\nefgh\nij\n");
    CHECK(wrap_text("a\n\nb", 10, "") == "a\n\nb\n");
    CHECK(wrap_text("\xC3\xA9\xC3\xA9\xC3\xA9 x", 4, "") == "\xC3\xA9\xC3\xA9\xC3\xA9\nx\n");
}

TEST_CASE("terminal: sizes and tables") {
    CHECK(format_bytes(999) == "999 bytes");
    CHECK(format_bytes(1500) == "1.5 kB");
    CHECK(format_bytes(2'000'000'000) == "2.0 GB");
    CHECK(format_table({{"A", "B"}, {"long", "x"}}) == "A     B\nlong  x\n");
}
