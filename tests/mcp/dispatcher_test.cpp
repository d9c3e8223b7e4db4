#include "mcp/dispatcher.hpp"

#include "base/clock.hpp"
#include "mcp/conversation.hpp"
#include "mcp/mirrored_headers.hpp"
#include "mcp/tool_calls.hpp"
#include "support/fake_outlet.hpp"
#include "support/fake_registry.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace rag::test;
using namespace rag::mcp;
using rag::Json;

class MovingClock final : public rag::Clock {
public:
    rag::Timestamp now() const override { return time; }
    rag::SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }

    rag::Timestamp time{std::chrono::hours(500'000)};
};

/// One client on stdio, of either era.
struct Desk {
    FakeOffer offer;
    ChangeHub changes;
    MovingClock clock;
    rag::RandomIds ids;
    Dispatcher dispatcher{offer.registry, fake_card(), "secret", changes, clock, ids};
    FakeOutlet outlet;
    Arrival arrival;

    Desk() {
        arrival.client = std::make_shared<LegacyClient>();
        arrival.scope = "test";
    }

    /// The whole response.
    Json ask(const char* method, Json params = Json::object()) {
        Message request;
        request.kind = Message::Kind::request;
        request.id = RequestId{1};
        request.method = method;
        request.params = std::move(params);
        auto admitted = dispatcher.admit(std::move(request), arrival);
        if (const auto* reply = std::get_if<Reply>(&admitted)) {
            status = reply->http_status;
            return reply->message;
        }
        const auto reply = dispatcher.run(*std::get<std::shared_ptr<Call>>(admitted), outlet);
        REQUIRE(reply);
        status = reply->http_status;
        return reply->message;
    }
    Json ask_modern(const char* method, Json params = Json::object(),
                    const Json& capabilities = Json::object()) {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
        return ask(method, std::move(params));
    }
    Json call(const char* tool, Json arguments = Json::object()) {
        return ask("tools/call", {{"name", tool}, {"arguments", std::move(arguments)}});
    }

    int status = 0;
};

const Json elicitation_capability = {{"elicitation", Json::object()}};
const Json ada = {{"who", {{"action", "accept"}, {"content", {{"name", "Ada"}}}}}};

}  // namespace

TEST_CASE("tools/call: a result is an object and the same object as text") {
    Desk desk;
    const Json result = desk.call("echo", {{"text", "x"}})["result"];
    CHECK(result["structuredContent"] == Json{{"text", "x"}});
    CHECK(Json::parse(result["content"][0]["text"].get<std::string>()) ==
          result["structuredContent"]);
    CHECK(result["isError"] == false);
}

TEST_CASE("tools/call: wrong arguments are a result, malformed requests and unknown tools errors") {
    Desk desk;
    const Json wrong = desk.call("echo")["result"];
    CHECK(wrong["isError"] == true);
    CHECK(wrong["content"][0]["text"] == "Argument 'text' is missing: it must be a string.");
    CHECK_FALSE(wrong.contains("structuredContent"));
    CHECK(desk.call("nothing")["error"]["code"] == -32602);
    CHECK(desk.ask("tools/call")["error"]["code"] == -32602);
    CHECK(desk.ask("tools/call", {{"name", "echo"}, {"arguments", 5}})["error"]["code"] == -32602);
    CHECK(desk.ask("tools/call", {{"name", "count"}})["result"]["isError"] == false);
}

TEST_CASE("tools/call: a fault of ours shows a request id and nothing of its cause") {
    Desk desk;
    const std::string text = desk.call("fail")["result"]["content"][0]["text"];
    CHECK(text.find("SELECT") == std::string::npos);
    CHECK(text.find("request ") != std::string::npos);
    const auto messages = desk.outlet.take();
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["params"]["level"] == "error");
}

TEST_CASE("tools/call: a role that is too low is told") {
    Desk desk;
    desk.arrival.caller.role = rag::Role::reader;
    const Json result = desk.call("admin_only")["result"];
    CHECK(result["isError"] == true);
    CHECK(result["content"][0]["text"] ==
          "The tool 'admin_only' needs the role 'admin'; this caller has the role 'reader'.");
}

TEST_CASE("tools/call: notes and blocks of a tool's own go where they belong") {
    ToolResult result = structured({{"a", 1}});
    result.notes = {{"degraded", "words only"}};
    CHECK(to_json(result)["_meta"][notes_key]["degraded"] == "words only");
    result.content = {{{"type", "image"}, {"data", "AA"}, {"mimeType", "image/png"}}};
    CHECK(to_json(result)["content"].size() == 1);
    CHECK(to_json(result)["structuredContent"] == Json{{"a", 1}});
}

TEST_CASE("progress: nothing without a token, and the token keeps its type") {
    Desk desk;
    desk.call("count");
    CHECK(desk.outlet.take().empty());
    desk.ask("tools/call", {{"name", "count"}, {"_meta", {{"progressToken", "7"}}}});
    const auto messages = desk.outlet.take();
    REQUIRE(messages.size() == 3);
    CHECK(messages[0]["params"]["progressToken"] == "7");
    CHECK(messages[0]["params"]["message"] == "step");
    CHECK(desk.ask("tools/call", {{"name", "count"},
                                  {"_meta", {{"progressToken", 1.5}}}})["error"]["code"] == -32602);
}

TEST_CASE("progress: clients of 2024-11-05 get no message with it") {
    Desk desk;
    desk.arrival.client->agree(Revision::v2024_11_05, {});
    desk.ask("tools/call", {{"name", "count"}, {"_meta", {{"progressToken", 1}}}});
    CHECK_FALSE(desk.outlet.take().at(0)["params"].contains("message"));
}

TEST_CASE(
    "logging: only from the level on that the client asked for, modern ones only if they did") {
    Desk desk;
    CHECK(desk.ask("logging/setLevel", {{"level", "critical"}})["result"] == Json::object());
    desk.call("fail");
    CHECK(desk.outlet.take().empty());
    CHECK(desk.ask("logging/setLevel", {{"level", "loud"}})["error"]["code"] == -32602);
    desk.ask_modern("tools/call", {{"name", "fail"}});
    CHECK(desk.outlet.take().empty());
    desk.ask_modern("tools/call",
                    {{"name", "fail"}, {"_meta", {{"io.modelcontextprotocol/logLevel", "debug"}}}});
    CHECK(desk.outlet.take().size() == 1);
}

TEST_CASE("lists: pages follow each other, and a cursor that is not ours is -32602") {
    Desk desk;
    const Json first = desk.ask("resources/list")["result"];
    CHECK(first["resources"][0]["name"] == "one");
    CHECK(first["nextCursor"] == "after-1");
    const Json second = desk.ask("resources/list", {{"cursor", first["nextCursor"]}})["result"];
    CHECK(second["resources"][0]["name"] == "two");
    CHECK_FALSE(second.contains("nextCursor"));
    for (const char* method :
         {"resources/list", "tools/list", "prompts/list", "resources/templates/list"}) {
        CHECK(desk.ask(method, {{"cursor", "nonsense"}})["error"]["code"] == -32602);
        CHECK(desk.ask(method, {{"cursor", 5}})["error"]["code"] == -32602);
        CHECK(desk.ask(method, {{"cursor", ""}}).contains("result"));
    }
}

TEST_CASE("lists: without any resources or prompts they are empty, not errors") {
    Desk desk;
    const Registry nothing;
    Dispatcher dispatcher(nothing, fake_card(), "secret", desk.changes, desk.clock, desk.ids);
    for (const char* method :
         {"resources/list", "tools/list", "prompts/list", "resources/templates/list"}) {
        Message request;
        request.kind = Message::Kind::request;
        request.id = RequestId{1};
        request.method = method;
        auto admitted = dispatcher.admit(std::move(request), desk.arrival);
        const auto reply = dispatcher.run(*std::get<std::shared_ptr<Call>>(admitted), desk.outlet);
        CHECK(reply->message["result"].begin()->empty());
    }
}

TEST_CASE("modern: caching hints stand on the six methods that have them, and nowhere else") {
    Desk desk;
    for (const char* method : {"server/discover", "tools/list", "prompts/list", "resources/list",
                               "resources/templates/list"}) {
        CHECK(desk.ask_modern(method)["result"].contains("ttlMs"));
    }
    const Json read =
        desk.ask_modern("resources/read", {{"uri", "memory://documents/1"}})["result"];
    CHECK(read["cacheScope"] == "private");
    CHECK(read["contents"][0]["text"] == "first");
    CHECK_FALSE(desk.ask_modern("prompts/get",
                                {{"name", "cite"}, {"arguments", {{"question", "?"}}}})["result"]
                    .contains("ttlMs"));
}

TEST_CASE("resources/read: blobs, faults and missing parameters") {
    Desk desk;
    CHECK(desk.ask("resources/read",
                   {{"uri", "memory://documents/2"}})["result"]["contents"][0]["blob"] == "AAAA");
    CHECK(desk.ask("resources/read", {{"uri", "memory://broken"}})["error"]["code"] == -32603);
    CHECK(desk.ask("resources/read")["error"]["code"] == -32602);
}

TEST_CASE("prompts/get: arguments are checked") {
    Desk desk;
    const Json good =
        desk.ask("prompts/get", {{"name", "cite"}, {"arguments", {{"question", "why"}}}});
    CHECK(good["result"]["messages"][0]["content"]["text"] == "why");
    CHECK(desk.ask("prompts/get", {{"name", "cite"}})["error"]["code"] == -32602);
    CHECK(desk.ask("prompts/get", {{"name", "nothing"}})["error"]["code"] == -32602);
    CHECK(desk.ask("prompts/get", {{"name", "cite"},
                                   {"arguments", {{"question", 5}}}})["error"]["code"] == -32602);
}

TEST_CASE("completion/complete: at most a hundred values; unknown references are -32602") {
    Desk desk;
    const auto complete = [&](Json reference, const char* argument) {
        return desk.ask(
            "completion/complete",
            {{"ref", std::move(reference)}, {"argument", {{"name", argument}, {"value", "a"}}}});
    };
    const Json prompt = complete({{"type", "ref/prompt"}, {"name", "cite"}}, "question");
    CHECK(prompt["result"]["completion"]["values"] == Json::array({"a!"}));
    const Json resource =
        complete({{"type", "ref/resource"}, {"uri", "memory://collections/{name}"}}, "name");
    CHECK(resource["result"]["completion"]["values"].size() == 100);
    CHECK(resource["result"]["completion"]["hasMore"] == true);
    CHECK(complete({{"type", "ref/prompt"}, {"name", "x"}}, "q")["error"]["code"] == -32602);
    CHECK(complete({{"type", "ref/prompt"}, {"name", "cite"}}, "x")["error"]["code"] == -32602);
    CHECK(complete({{"type", "ref/resource"}, {"uri", "x"}}, "q")["error"]["code"] == -32602);
    CHECK(complete({{"type", "ref/other"}}, "q")["error"]["code"] == -32602);
    CHECK(desk.ask("completion/complete")["error"]["code"] == -32602);
}

TEST_CASE("asking back, modern: an interim result, then the answer with the echoed state") {
    Desk desk;
    const Json interim =
        desk.ask_modern("tools/call", {{"name", "greet"}}, elicitation_capability)["result"];
    CHECK(interim["resultType"] == "input_required");
    CHECK(interim["inputRequests"]["who"]["method"] == "elicitation/create");
    CHECK_FALSE(interim.contains("ttlMs"));
    const Json done = desk.ask_modern(
        "tools/call",
        {{"name", "greet"}, {"inputResponses", ada}, {"requestState", interim["requestState"]}},
        elicitation_capability)["result"];
    CHECK(done["resultType"] == "complete");
    CHECK(done["structuredContent"]["greeting"] == "Hello, Ada");
    CHECK(done["structuredContent"]["round"] == 1);
}

TEST_CASE("asking back, modern: a state is good for its request, its principal and its time") {
    Desk desk;
    const Json interim =
        desk.ask_modern("tools/call", {{"name", "greet"}}, elicitation_capability)["result"];
    const auto retry = [&](const Json& state, Json params) {
        params["inputResponses"] = ada;
        params["requestState"] = state;
        return desk.ask_modern("tools/call", std::move(params), elicitation_capability);
    };
    const Json& state = interim["requestState"];
    CHECK(retry("x" + state.get<std::string>(), {{"name", "greet"}})["error"]["code"] == -32602);
    CHECK(retry(5, {{"name", "greet"}})["error"]["code"] == -32602);
    CHECK(retry(state, {{"name", "greet"}, {"arguments", {{"a", 1}}}})["error"]["code"] == -32602);
    desk.arrival.caller.principal = "somebody";
    CHECK(retry(state, {{"name", "greet"}})["error"]["code"] == -32602);
    desk.arrival.caller.principal = "local";
    CHECK(retry(state, {{"name", "greet"}}).contains("result"));
    desk.clock.time += request_state_lifetime + std::chrono::seconds(1);
    CHECK(retry(state, {{"name", "greet"}})["error"]["code"] == -32602);
}

TEST_CASE("asking back, modern: wrong shapes are errors, missing answers are asked for again") {
    Desk desk;
    const auto answer = [&](Json responses) {
        return desk.ask_modern("tools/call",
                               {{"name", "greet"}, {"inputResponses", std::move(responses)}},
                               elicitation_capability);
    };
    CHECK(answer(5)["error"]["code"] == -32602);
    CHECK(answer({{"who", "Ada"}})["error"]["code"] == -32602);
    CHECK(answer({{"other", Json::object()}})["result"]["resultType"] == "input_required");
}

TEST_CASE("asking back, modern: a capability that was not declared is -32021 with status 400") {
    Desk desk;
    const Json error = desk.ask_modern("tools/call", {{"name", "greet"}})["error"];
    CHECK(error["code"] == -32021);
    CHECK(error["data"]["requiredCapabilities"]["elicitation"]["form"] == Json::object());
    CHECK(desk.status == 400);
}

TEST_CASE("asking back, legacy: the client's refusal ends the call with a sentence") {
    Desk desk;
    desk.arrival.client->agree(latest_legacy, read_client_capabilities(elicitation_capability));
    desk.outlet.on_send = [&](const Json& message) {
        if (message.contains("id")) {
            Message response;
            response.kind = Message::Kind::response;
            response.id = read_request_id(message["id"]);
            response.error = {{"code", -1}, {"message", "no"}};
            desk.dispatcher.hear(response, desk.arrival);
        }
    };
    const Json result = desk.call("greet")["result"];
    CHECK(result["isError"] == true);
    CHECK(result["content"][0]["text"].get<std::string>().find("refused") != std::string::npos);
}

TEST_CASE("capabilities: everything that is served is advertised, to each revision its own") {
    const Json modern = server_capabilities(fake_card(), latest_modern);
    for (const char* key : {"tools", "prompts", "resources", "completions", "logging"}) {
        CHECK(modern.contains(key));
    }
    CHECK_FALSE(modern.contains("tasks"));
    CHECK_FALSE(server_capabilities(fake_card(), Revision::v2024_11_05).contains("completions"));
    CHECK(read_client_capabilities({{"elicitation", Json::object()}}).elicitation_form);
    CHECK_FALSE(
        read_client_capabilities({{"elicitation", {{"url", Json::object()}}}}).elicitation_form);
}

TEST_CASE("header values: only whole markers around sound base64 are decoded") {
    CHECK(decode_header_value("plain") == "plain");
    CHECK(decode_header_value("=?base64?w6k=?=") == "\xc3\xa9");
    CHECK(decode_header_value("=?BASE64?w6k=?=") == "=?BASE64?w6k=?=");
    CHECK(decode_header_value("=?base64?w6k=") == "=?base64?w6k=");
    CHECK_FALSE(decode_header_value("=?base64?w6k?="));
    CHECK_FALSE(decode_header_value("=?base64?/w==?="));
}
