#include "mcp/jsonrpc.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using rag::Json;
using namespace rag::mcp;

Message good(const std::string& text) {
    const ParsedText parsed = parse_messages(text);
    REQUIRE(parsed.messages.size() == 1);
    REQUIRE(std::holds_alternative<Message>(parsed.messages[0]));
    return std::get<Message>(parsed.messages[0]);
}

BadMessage bad(const std::string& text) {
    const ParsedText parsed = parse_messages(text);
    REQUIRE(std::holds_alternative<BadMessage>(parsed.messages[0]));
    return std::get<BadMessage>(parsed.messages[0]);
}

}  // namespace

TEST_CASE("jsonrpc: ids are kept by type") {
    CHECK(good(R"({"jsonrpc":"2.0","id":1,"method":"m"})").id == RequestId{1});
    CHECK(good(R"({"jsonrpc":"2.0","id":"1","method":"m"})").id == RequestId{"1"});
    CHECK(RequestId{1} != RequestId{"1"});
    CHECK(to_json(RequestId{"1"}) == "1");
}

TEST_CASE("jsonrpc: null, fractions and other types are no ids, and errors then have none") {
    for (const char* id : {"null", "1.5", "true", "[1]", "{}", "9223372036854775808"}) {
        const BadMessage message =
            bad(R"({"jsonrpc":"2.0","method":"m","id":)" + std::string(id) + "}");
        CHECK(message.error.code == code::invalid_request);
        CHECK_FALSE(message.id);
    }
    CHECK_FALSE(make_error(std::nullopt, {}).contains("id"));
}

TEST_CASE("jsonrpc: an error echoes an id that could be read") {
    CHECK(bad(R"({"jsonrpc":"1.0","id":3,"method":"m"})").id == RequestId{3});
    CHECK(bad(R"({"jsonrpc":"2.0","id":3,"method":5})").id == RequestId{3});
    CHECK(bad(R"({"jsonrpc":"2.0","id":3,"method":"m","params":[1]})").id == RequestId{3});
    CHECK(bad(R"({"jsonrpc":"2.0","id":3})").id == RequestId{3});
}

TEST_CASE("jsonrpc: requests, notifications and responses are told apart") {
    CHECK(good(R"({"jsonrpc":"2.0","id":1,"method":"m"})").kind == Message::Kind::request);
    const Message notification = good(R"({"jsonrpc":"2.0","method":"m"})");
    CHECK(notification.kind == Message::Kind::notification);
    CHECK(notification.params == Json::object());
    CHECK(good(R"({"jsonrpc":"2.0","id":1,"result":{}})").kind == Message::Kind::response);
    const Message error = good(R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}})");
    CHECK(error.error["message"] == "x");
}

TEST_CASE("jsonrpc: what is no JSON is a parse error") {
    for (const std::string text :
         {"", "{", "nonsense", "{}{}", "\xff", "{\"a\":\"\xed\xa0\x80\"}"}) {
        CHECK(bad(text).error.code == code::parse_error);
    }
    CHECK(bad(std::string(1000, '[')).error.code == code::parse_error);
    CHECK(bad("5").error.code == code::invalid_request);
}

TEST_CASE("jsonrpc: a batch holds messages good and bad; an empty or huge one is refused") {
    const ParsedText parsed = parse_messages(
        R"([{"jsonrpc":"2.0","id":1,"method":"m"}, 5, {"jsonrpc":"2.0","method":"n"}])");
    CHECK(parsed.is_batch);
    REQUIRE(parsed.messages.size() == 3);
    CHECK(std::holds_alternative<BadMessage>(parsed.messages[1]));
    CHECK(bad("[]").error.code == code::invalid_request);
    std::string huge = "[1";
    for (std::size_t i = 0; i < batch_messages_max; ++i) {
        huge += ",1";
    }
    CHECK(bad(huge + "]").error.code == code::invalid_request);
    CHECK_FALSE(parse_messages(huge + "]").is_batch);
}
