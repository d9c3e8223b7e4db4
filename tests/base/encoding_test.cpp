#include "base/encoding.hpp"

#include "base/clock.hpp"
#include "base/hash.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace rag;

TEST_CASE("base64: the vectors of RFC 4648, section 10, both ways") {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        CHECK(to_base64(bytes) == text);
        CHECK(from_base64(text) == bytes);
    }
}

TEST_CASE("base64: a text that is not the one encoding of its bytes is refused") {
    for (const char* text : {"Zg", "Zg=", "Zh==", "Zg===", "Z===", "Zm9v!", " Zm9v", "Zm=v"}) {
        CAPTURE(text);
        CHECK_FALSE(from_base64(text).has_value());
    }
    CHECK(from_base64url("-_8") == std::string("\xFB\xFF"));
    CHECK_FALSE(from_base64url("+/8").has_value());
}

TEST_CASE("hash: known digests") {
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, test case 2.
    CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(equal_constant_time("same", "same"));
    CHECK_FALSE(equal_constant_time("same", "sama"));
    CHECK_FALSE(equal_constant_time("same", "sam"));
}

TEST_CASE("ids: UUIDs have version 4 and its variant, and differ") {
    RandomIds ids;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = ids.uuid();
        REQUIRE(id.size() == 36);
        CHECK(id[14] == '4');
        CHECK(std::string("89ab").find(id[19]) != std::string::npos);
        seen.insert(id);
    }
    CHECK(seen.size() == 1000);
}
