#include "net/inflate_limit.hpp"

#include "rag/error.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

using namespace rag;
using namespace rag::net;

namespace {

std::string deflated(const std::string& text, int window_bits) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    std::string in = text;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string words() {
    std::string text;
    for (int i = 0; i < 20'000; ++i) {
        text += std::to_string(i * 7919) + ' ';
    }
    return text;
}

}  // namespace

TEST_CASE("body limit: gzip, zlib and bare deflate come out whole, also byte by byte") {
    const std::string text = words();
    const std::pair<const char*, int> forms[] = {
        {"gzip", 31}, {"GZIP", 31}, {"deflate", 15}, {"deflate", -15}};
    for (const auto& [coding, bits] : forms) {
        BodyLimit body(coding, 10'000'000);
        for (const char c : deflated(text, bits)) {
            REQUIRE(body.feed({&c, 1}));
        }
        CHECK(body.take() == text);
        CHECK_FALSE(body.truncated());
    }
}

TEST_CASE("body limit: what is longer than the limit is cut there") {
    for (const char* coding : {"", "gzip"}) {
        BodyLimit body(coding, 1000);
        const std::string text = words();
        CHECK_FALSE(body.feed(*coding == '\0' ? text : deflated(text, 31)));
        CHECK(body.truncated());
        CHECK(body.take() == text.substr(0, 1000));
    }
    BodyLimit exact("", 5);
    CHECK(exact.feed("12345"));
    CHECK_FALSE(exact.truncated());
}

TEST_CASE("body limit: a bomb, a broken stream and an unknown coding are refused") {
    BodyLimit bomb("gzip", 100'000'000);
    CHECK_THROWS_AS(bomb.feed(deflated(std::string(50'000'000, 'a'), 31)), Error);
    BodyLimit broken("gzip", 1000);
    CHECK_THROWS_AS(broken.feed("this is no gzip"), Error);
    BodyLimit brotli("br", 1000);
    CHECK_THROWS_AS(brotli.feed(std::string(100, '\xFF')), Error);
    CHECK_THROWS_AS(BodyLimit("zstd", 1000), Error);
}
