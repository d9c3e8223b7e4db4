#include "server/event_log.hpp"
#include "server/http_fixture.hpp"

namespace {

using namespace rag::test;
using rag::Json;
using rag::server::EventLog;
using rag::server::EventLogOptions;
using rag::server::EventOutlet;
using rag::server::Priming;

/// A connection whose text the test reads.
struct Line {
    std::stop_source gone;
    std::shared_ptr<FakeStream> stream = std::make_shared<FakeStream>(gone.get_token());
    std::shared_ptr<EventOutlet> outlet = std::make_shared<EventOutlet>(stream);
};

/// The id of the last event in the text.
std::string last_id(const std::string& text) {
    const std::size_t at = text.rfind("id: ");
    return text.substr(at + 4, text.find('\n', at) - at - 4);
}

const Json message = {{"jsonrpc", "2.0"}, {"method", "x"}};

}  // namespace

TEST_CASE("resumable streams: a new client gets an id before anything else, an old one does not") {
    EventLog log;
    Line newer;
    Line older;
    const auto primed = log.open("session", newer.outlet, Priming::send);
    const auto plain = log.open("session", older.outlet, Priming::leave_out);
    CHECK(newer.stream->text().starts_with("id: "));
    CHECK(newer.stream->text().ends_with("\ndata: \n\n"));
    CHECK(older.stream->text().empty());
    plain->let_go();  // It could not come back: its stream stays open.
    CHECK(plain->send(message, rag::mcp::Importance::required));
    CHECK(older.stream->text().starts_with("id: "));
    primed->let_go();
    CHECK(newer.stream->await_close());
    CHECK(newer.stream->text().find("retry: ") != std::string::npos);
}

TEST_CASE("resumable streams: a client that comes back gets what it missed, then the rest") {
    EventLog log;
    Line first;
    const auto stream = log.open("session", first.outlet, Priming::send);
    CHECK(stream->send({{"n", 1}}, rag::mcp::Importance::required));
    const std::string id = last_id(first.stream->text());
    first.gone.request_stop();
    CHECK_FALSE(stream->send({{"n", 2}}, rag::mcp::Importance::required));
    Line second;
    CHECK_FALSE(log.resume("other session", id, second.outlet));
    CHECK_FALSE(log.resume("session", "nonsense", second.outlet));
    CHECK_FALSE(log.resume("session", id + "x", second.outlet));
    REQUIRE(log.resume("session", id, second.outlet));
    CHECK(second.stream->text().find(R"({"n":1})") == std::string::npos);
    CHECK(second.stream->text().find(R"({"n":2})") != std::string::npos);
    CHECK(stream->send({{"n", 3}}, rag::mcp::Importance::required));
    CHECK(second.stream->await_text(R"({"n":3})"));
    stream->close();
    CHECK(second.stream->await_close());
    Line third;  // After the end the events are still there for a while.
    REQUIRE(log.resume("session", id, third.outlet));
    CHECK(third.stream->text().find(R"({"n":3})") != std::string::npos);
    CHECK(third.stream->await_close());
}

TEST_CASE("resumable streams: their number and what each keeps have bounds, progress goes first") {
    EventLog log({.streams_max = 2});
    Line line;
    const auto oldest = log.open("session", line.outlet, Priming::send);
    const std::string id = last_id(line.stream->text());
    oldest->let_go();
    oldest->send({{"kept", true}}, rag::mcp::Importance::required);
    for (int i = 0; i < 2000; ++i) {
        oldest->send({{"progress", i}}, rag::mcp::Importance::droppable);
    }
    CHECK(oldest->kept_bytes() < 30'000);
    Line back;
    REQUIRE(log.resume("session", id, back.outlet));
    CHECK(back.stream->text().find("kept") != std::string::npos);
    const auto second = log.open("session", Line().outlet, Priming::send);
    CHECK(log.knows("session", id));
    const auto third = log.open("session", Line().outlet, Priming::send);
    CHECK_FALSE(log.knows("session", id));
}

TEST_CASE("resumable streams: a legacy call survives its connection and is answered to a GET") {
    HttpFixture server;
    const std::string session = server.open_session();
    Json call = make_message(5, "tools/call", {{"name", "wait"}});
    call["params"]["_meta"]["progressToken"] = 1;
    const auto left = server.post(call, {{"mcp-session-id", session}});
    left->await_response();
    REQUIRE(server.offer.door.await_waiting(1));
    const std::string id = last_id(left->stream()->text());
    left->hang_up();
    const auto back = server.send(HttpFixture::make_request(
        "GET",
        {{"mcp-session-id", session}, {"accept", "text/event-stream"}, {"last-event-id", id}}));
    CHECK(back->await_response().status == 200);
    server.offer.door.open();
    REQUIRE(back->stream()->await_close());
    const auto messages = messages_of(back->stream()->text());
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["id"] == 5);
    CHECK(messages[0].contains("result"));
}
