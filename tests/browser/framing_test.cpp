#include "browser/framing.hpp"

#include "rag/error.hpp"

#include <doctest/doctest.h>

using namespace rag;
using namespace rag::browser;
using std::string_literals::operator""s;

TEST_CASE("framing: messages are cut at zero bytes, however they arrive") {
    const std::string bytes = "{\"id\":1}\0{}\0{\"id\":2}\0"s;
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        MessageSplitter splitter(100);
        std::vector<std::string> messages;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            for (std::string& one : splitter.feed(std::string_view(bytes).substr(at, step))) {
                messages.push_back(std::move(one));
            }
        }
        CHECK(messages == std::vector<std::string>{"{\"id\":1}", "{}", "{\"id\":2}"});
    }
}

TEST_CASE("framing: a message without an end is given up at the limit") {
    MessageSplitter splitter(8);
    CHECK(splitter.feed("12345678\0"s) == std::vector<std::string>{"12345678"});
    CHECK(splitter.feed("1234").empty());
    CHECK_THROWS_AS(splitter.feed("56789"), Error);
}
