// One endpoint, two eras: which rules a message comes under, told by the message alone. Each row of
// the tables is sent over HTTP, and over stdio where it has a meaning without headers.

#include "server/http_fixture.hpp"
#include "server/stdio_fixture.hpp"

#include <optional>

namespace {

using namespace rag::test;
using rag::HttpHeaders;
using rag::Json;

constexpr const char* live_session = "(a live session)";

/// What an answer is: a result of one of the eras, or an error's code.
struct Outcome {
    int code = 0;  ///< 0: a result.
    bool modern = false;

    bool operator==(const Outcome&) const = default;
};

constexpr Outcome modern_result{0, true};
constexpr Outcome legacy_result{0, false};
constexpr Outcome refused(int code) {
    return {code, false};
}

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    if (outcome.code != 0) {
        return out << "error " << outcome.code;
    }
    return out << (outcome.modern ? "modern result" : "legacy result");
}

struct Row {
    const char* what;
    Json message;
    HttpHeaders headers;  ///< Beside the content type and what is accepted.
    int status;
    Outcome outcome;
    std::optional<Outcome> over_stdio = std::nullopt;  ///< Null: no matter of stdio.
};

HttpHeaders version(const char* revision) {
    return {{"mcp-protocol-version", revision}};
}

HttpHeaders mirrored(const char* revision, const char* method) {
    return {{"mcp-protocol-version", revision}, {"mcp-method", method}};
}

HttpHeaders with_session(HttpHeaders headers, const char* session = live_session) {
    headers.emplace_back("mcp-session-id", session);
    return headers;
}

Json claiming(const char* revision, const char* method) {
    Json message = modern_message(1, method);
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = revision;
    return message;
}

Outcome outcome_of(const Json& answer) {
    REQUIRE(answer.is_object());
    CHECK(answer["jsonrpc"] == "2.0");
    if (answer.contains("error")) {
        return refused(answer["error"]["code"].get<int>());
    }
    const Json& result = answer["result"];
    const bool modern = result.contains("resultType");
    const char* server_info = "io.modelcontextprotocol/serverInfo";
    CHECK((result.contains("_meta") && result["_meta"].contains(server_info)) == modern);
    if (!modern) {
        CHECK_FALSE(result.contains("ttlMs"));
        CHECK_FALSE(result.contains("cacheScope"));
    }
    return {0, modern};
}

/// Sends every row, each to a server that has seen nothing but the opening of one session.
void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.what);
        HttpFixture server;
        HttpHeaders headers = row.headers;
        for (auto& [name, value] : headers) {
            value = value == live_session ? server.open_session() : value;
        }
        const auto response = server.post(row.message, headers)->await_response();
        CHECK(response.status == row.status);
        CHECK(outcome_of(body_of(response)) == row.outcome);
        if (row.over_stdio) {
            StdioServer local;
            CHECK(outcome_of(local.ask(row.message)) == *row.over_stdio);
            // Whatever it was, the client may go on in either era.
            CHECK(outcome_of(local.ask(modern_message(2, "server/discover"))) == modern_result);
            CHECK(outcome_of(local.ask(initialize_message())) == legacy_result);
        }
    }
}

}  // namespace

TEST_CASE("classification: a modern claim makes a request modern, whatever session it names") {
    const Json list = modern_message(1, "tools/list");
    const HttpHeaders headers = mirrored("2026-07-28", "tools/list");
    check({
        {"no session", list, headers, 200, modern_result, modern_result},
        {"a live session", list, with_session(headers), 200, modern_result},
        {"an unknown session", list, with_session(headers, "nonsense"), 200, modern_result},
    });
}

TEST_CASE("classification: a modern claim on a method of the legacy era is -32601 with 404") {
    std::vector<Row> rows;
    for (const char* method : {"initialize", "ping", "logging/setLevel", "resources/subscribe",
                               "resources/unsubscribe", "tasks/list", "tasks/result"}) {
        Json message = modern_message(1, method);
        message["params"].update(initialize_message()["params"]);
        rows.push_back({method, message, mirrored("2026-07-28", method), 404, refused(-32601),
                        refused(-32601)});
    }
    check(rows);
}

TEST_CASE("classification: a modern header without a claim in the body is -32602 with 400") {
    const HttpHeaders headers = mirrored("2026-07-28", "tools/list");
    Json half = modern_message(1, "tools/list");
    half["params"]["_meta"].erase("io.modelcontextprotocol/protocolVersion");
    check({
        {"no _meta", make_message(1, "tools/list"), headers, 400, refused(-32602), legacy_result},
        {"_meta without a version", half, headers, 400, refused(-32602), legacy_result},
        {"a live session", make_message(1, "tools/list"), with_session(headers), 400,
         refused(-32602)},
    });
}

TEST_CASE("classification: a header that says another version than the claim is -32020 with 400") {
    const Json list = modern_message(1, "tools/list");
    check({
        {"legacy header", list, mirrored("2025-11-25", "tools/list"), 400, refused(-32020)},
        {"unknown header", list, mirrored("1999-01-01", "tools/list"), 400, refused(-32020)},
        {"legacy header, live session", list, with_session(mirrored("2025-11-25", "tools/list")),
         400, refused(-32020)},
        {"modern header, unknown claim", claiming("2030-01-01", "tools/list"),
         mirrored("2026-07-28", "tools/list"), 400, refused(-32020)},
        {"no header", list, {{"mcp-method", "tools/list"}}, 400, refused(-32020)},
    });
}

TEST_CASE("classification: a claim of a version that is not modern or not known is -32022, 400") {
    std::vector<Row> rows;
    for (const char* revision : {"2030-01-01", "2025-11-25", "draft", ""}) {
        HttpHeaders headers = mirrored(revision, "tools/list");
        rows.push_back({revision, claiming(revision, "tools/list"), headers, 400, refused(-32022),
                        refused(-32022)});
    }
    check(rows);
}

TEST_CASE("classification: without a claim the legacy rules hold, header or not") {
    const Json list = make_message(1, "tools/list");
    check({
        {"no header", list, with_session({}), 200, legacy_result, legacy_result},
        {"the session's version", list, with_session(version("2025-11-25")), 200, legacy_result},
        {"another legacy version", list, with_session(version("2025-03-26")), 200, legacy_result},
        {"an unknown version", list, with_session(version("2030-01-01")), 400, refused(-32000)},
        {"no session", list, {}, 400, refused(-32000)},
        {"a legacy version, no session", list, version("2025-06-18"), 400, refused(-32000)},
        {"an unknown session", list, with_session({}, "nonsense"), 404, refused(-32001)},
        {"a modern method", make_message(1, "server/discover"), with_session({}), 200,
         refused(-32601), refused(-32601)},
        {"listening", make_message(1, "subscriptions/listen"), with_session({}), 200,
         refused(-32601), refused(-32601)},
    });
}

TEST_CASE(
    "classification: initialize without a claim opens a legacy session, whatever the header") {
    const Json initialize = initialize_message();
    check({
        {"no header", initialize, {}, 200, legacy_result, legacy_result},
        {"legacy header", initialize, version("2025-06-18"), 200, legacy_result},
        {"modern header", initialize, mirrored("2026-07-28", "initialize"), 200, legacy_result},
        {"a stale session", initialize, with_session({}, "stale"), 200, legacy_result},
        {"a modern version",
         initialize_message("2026-07-28"),
         {},
         200,
         legacy_result,
         legacy_result},
        {"an unknown version",
         initialize_message("2030-01-01"),
         {},
         200,
         legacy_result,
         legacy_result},
    });
    for (const char* asked : {"2026-07-28", "2030-01-01", "2025-11-25"}) {
        HttpFixture server;
        StdioServer local;
        const Json body = body_of(server.post(initialize_message(asked))->await_response());
        CHECK(body["result"]["protocolVersion"] == "2025-11-25");
        CHECK(local.ask(initialize_message(asked))["result"]["protocolVersion"] == "2025-11-25");
    }
}

TEST_CASE("classification: GET and DELETE are for a legacy session, and 405 for everyone else") {
    struct Visit {
        const char* what;
        const char* method;
        HttpHeaders headers;
        int status;
    };
    const std::vector<Visit> visits{
        {"GET, live", "GET", with_session({}), 200},
        {"GET, live, legacy header", "GET", with_session(version("2025-11-25")), 200},
        {"GET, unknown", "GET", with_session({}, "nonsense"), 404},
        {"GET, none", "GET", {}, 405},
        {"GET, modern", "GET", version("2026-07-28"), 405},
        {"GET, modern, live", "GET", with_session(version("2026-07-28")), 405},
        {"DELETE, live", "DELETE", with_session({}), 204},
        {"DELETE, unknown", "DELETE", with_session({}, "nonsense"), 404},
        {"DELETE, none", "DELETE", {}, 405},
        {"DELETE, modern, live", "DELETE", with_session(version("2026-07-28")), 405},
        {"PUT", "PUT", with_session({}), 405},
    };
    for (const Visit& visit : visits) {
        CAPTURE(visit.what);
        HttpFixture server;
        HttpHeaders headers = visit.headers;
        for (auto& [name, value] : headers) {
            value = value == live_session ? server.open_session() : value;
        }
        headers.emplace_back("accept", "text/event-stream");
        const auto answer = server.send(HttpFixture::make_request(visit.method, headers));
        const auto response = answer->await_response();
        CHECK(response.status == visit.status);
        CHECK((answer->stream() != nullptr) == (visit.status == 200));
        if (visit.status >= 400) {
            CHECK(body_of(response)["error"].is_object());
        }
        if (visit.status == 405) {
            CHECK(header_of(response, "Allow") == "GET, POST, DELETE");
        }
    }
}

TEST_CASE("classification: of several faults the first in the order of the checks is told") {
    // Everything is wrong at the start; each step mends what the last one told.
    Json message = modern_message(1, "no/such/method");
    message["params"]["_meta"].erase("io.modelcontextprotocol/clientCapabilities");
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2030-01-01";
    message["jsonrpc"] = "1.0";
    HttpHeaders headers = mirrored("2026-07-28", "other/method");
    HttpFixture server;
    const auto told = [&] {
        const auto response = server.post(message, headers)->await_response();
        return std::pair(response.status, body_of(response)["error"]["code"].get<int>());
    };
    CHECK(told() == std::pair(400, -32600));
    message["jsonrpc"] = "2.0";
    CHECK(told() == std::pair(400, -32020));
    headers = version("2030-01-01");
    CHECK(told() == std::pair(400, -32602));
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = Json::object();
    CHECK(told() == std::pair(400, -32022));
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
    headers = version("2026-07-28");
    CHECK(told() == std::pair(400, -32020));
    headers = mirrored("2026-07-28", "no/such/method");
    CHECK(told() == std::pair(404, -32601));
    message["method"] = "tools/list";
    headers = mirrored("2026-07-28", "tools/list");
    CHECK(server.post(message, headers)->await_response().status == 200);
}

TEST_CASE("classification: a stream and a wrong Accept are told apart by what the client takes") {
    HttpFixture server;
    const auto listen = [&](const char* accept) {
        HttpHeaders headers = mirrored("2026-07-28", "subscriptions/listen");
        headers.emplace_back("content-type", "application/json");
        headers.emplace_back("accept", accept);
        const Json message =
            modern_message(1, "subscriptions/listen", {{"notifications", Json::object()}});
        return server.send(HttpFixture::make_request("POST", headers, message.dump()));
    };
    CHECK(listen("text/event-stream")->stream() != nullptr);
    CHECK(listen(both_types)->stream() != nullptr);
    CHECK(listen("application/json")->await_response().status == 406);
}
