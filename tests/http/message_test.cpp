#include "http/message.hpp"

#include <doctest/doctest.h>

namespace rag::http {

TEST_CASE("target: the path is decoded and loses its trailing slash, the query stays") {
    const auto target = parse_target("/a%20b/?x=%20");
    REQUIRE(target);
    CHECK(target->path == "/a b");
    CHECK(target->query == "x=%20");
    CHECK(parse_target("/")->path == "/");
    CHECK_FALSE(parse_target("http://host/"));
    CHECK_FALSE(parse_target("/%4"));
    CHECK_FALSE(parse_target("/%0a"));
    CHECK_FALSE(parse_target(""));
}

TEST_CASE("head: a value cannot begin another line, and framing is ours") {
    const std::string head =
        write_head(200, {{"X-A", "1\r\nX-B: 2"}, {"content-length", "7"}}, HeadOptions{});
    CHECK(head.find("X-A: 1X-B: 2\r\n") != std::string::npos);
    CHECK(head.find("content-length: 7") == std::string::npos);
    CHECK(head.find("Content-Length: 0\r\n") != std::string::npos);
    CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("chunk: the size is hexadecimal and nothing stays nothing") {
    CHECK(write_chunk("0123456789abcdef") == "10\r\n0123456789abcdef\r\n");
    CHECK(write_chunk("").empty());
}

}  // namespace rag::http
