#include "base/url.hpp"

#include <doctest/doctest.h>

using namespace rag;

TEST_CASE("url: normal form") {
    const std::pair<const char*, const char*> forms[] = {
        {"HTTP://Example.COM:80/a/../b#part", "http://example.com/b"},
        {"https://example.com", "https://example.com/"},
        {"https://example.com:443/?q=1", "https://example.com/?q=1"},
        {"http://example.com:8080/%7euser", "http://example.com:8080/~user"},
        {"http://user:secret@example.com/", "http://example.com/"},
        {"http://[::1]:90/x", "http://[::1]:90/x"},
        {"http://example.com/a b", "http://example.com/a%20b"},
        {"http://example.com/\xC3\xA9", "http://example.com/%C3%A9"},
    };
    for (const auto& [written, normal] : forms) {
        CAPTURE(written);
        const auto url = parse_url(written);
        REQUIRE(url.has_value());
        CHECK(url->text() == normal);
    }
}

TEST_CASE("url: only absolute http and https with a host") {
    for (const char* text :
         {"", "example.com", "/path", "ftp://example.com/", "file:///etc/passwd", "http://",
          "http:///x", "javascript:alert(1)", "http://a:99999/", "http://a:0/"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_url(text).has_value());
    }
}

TEST_CASE("url: references are resolved as RFC 3986, section 5.4 has them") {
    const Url base = *parse_url("http://a/b/c/d?q");
    const std::pair<const char*, const char*> cases[] = {
        {"g", "http://a/b/c/g"},      {"./g", "http://a/b/c/g"},      {"/g", "http://a/g"},
        {"//g", "http://g/"},         {"?y", "http://a/b/c/d?y"},     {"../g", "http://a/b/g"},
        {"../../../g", "http://a/g"}, {"https://x/y", "https://x/y"}, {"#s", "http://a/b/c/d?q"}};
    for (const auto& [reference, expected] : cases) {
        CAPTURE(reference);
        const auto url = resolve_url(base, reference);
        REQUIRE(url.has_value());
        CHECK(url->text() == expected);
    }
    CHECK_FALSE(resolve_url(base, "mailto:x@y").has_value());
}

TEST_CASE("url: hostile and odd spellings end in null or in one normal form") {
    for (const char* text : {"http://good.example\\@evil.example/", "http://a b/", "http://[::1/",
                             "http://[::1]x/", "http://a%2Fb/", "http://a:8x/", "http://[1]/"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_url(text).has_value());
    }
    CHECK(parse_url(" http://a/b\n ")->text() == "http://a/b");
    CHECK(parse_url("http://a/%zz%2e%2E/")->text() == "http://a/%25zz../");
    CHECK(parse_url("http://a/%2e%2e/b")->text() == "http://a/b");
    CHECK(parse_url("http://b\xC3\xBC"
                    "cher.example/")
              ->host == "xn--bcher-kva.example");
    CHECK(parse_url("http://a//b/../../c")->text() == "http://a/c");
}
