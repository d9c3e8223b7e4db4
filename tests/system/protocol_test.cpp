// The protocol across processes: who listens hears what another process wrote, however it listens,
// and what a client costs while it is idle.

#include "support/raw_mcp.hpp"
#include "support/running_server.hpp"
#include "support/sanitized.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <set>

using namespace rag::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr auto line_timeout = 30s;

std::uint16_t port_of(const RunningServer& server) {
    const std::string& address = server.address();
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

json read_message(Process& process) {
    const auto line = process.read_line(line_timeout);
    REQUIRE(line);
    return json::parse(*line);
}

/// What a notification is about: its uri, or its method where it has none.
std::string subject_of(const json& message) {
    return message["params"].value("uri", message.value("method", ""));
}

/// Reads until each of them has been heard of.
template <class Read>
void await_subjects(std::set<std::string> wanted, Read read) {
    while (!wanted.empty()) {
        wanted.erase(subject_of(read()));
    }
}

constexpr const char* list_changed = "notifications/resources/list_changed";

/// Another process that writes to the memory.
class Writer {
public:
    explicit Writer(const TestMemory& memory)
        : server_(memory, Transport::stdio), client_(server_.connect(Wire::modern)) {}

    json call(const std::string& tool, json arguments) {
        const json result = call_tool(*client_, tool, std::move(arguments));
        REQUIRE_FALSE(result.value("isError", false));
        return result["structuredContent"];
    }
    std::string ingest(const std::string& content) {
        const json stored =
            call("ingest_text", {{"content", content}, {"collection_name", "log book"}});
        return "memory://documents/" + stored["source_document_id"].dump();
    }

private:
    RunningServer server_;
    std::unique_ptr<McpClient> client_;
};

/// Until its store is open nothing can be heard of.
void wait_until_open(RunningServer& server) {
    const auto client = server.connect(Wire::modern);
    CHECK_FALSE(call_tool(*client, "list_collections", json::object()).value("isError", false));
}

void check_modern_stream(const TestMemory& memory, Writer& writer, const std::string& document) {
    RunningServer server(memory, Transport::streamable_http);
    wait_until_open(server);
    WireClient client(port_of(server));
    client.send(post_modern(
        listen_request({"memory://collections", "memory://collections/log%20book", document})));
    CHECK(read_event(client)["method"] == "notifications/subscriptions/acknowledged");
    // At once: a change right after the acknowledgement is no other than a later one.
    writer.ingest("Heard over a modern stream.");
    const auto next = [&] { return read_event(client); };
    await_subjects({list_changed, "memory://collections", "memory://collections/log%20book"}, next);
    writer.call("update_document", {{"document_id", std::stoll(document.substr(19))},
                                    {"content", "Changed for the modern stream."}});
    await_subjects({document}, next);
}

void check_legacy_stream(const TestMemory& memory, Writer& writer, const std::string& document) {
    RunningServer server(memory, Transport::streamable_http);
    wait_until_open(server);
    WireClient client(port_of(server));
    const std::string session = open_session(client);
    REQUIRE_FALSE(session.empty());
    WireClient stream(port_of(server));
    stream.send(request_text("GET", session, ""));
    CHECK(stream.read_until("\r\n\r\n").find(" 200 ") != std::string::npos);
    const json subscribe = legacy_request(2, "resources/subscribe", {{"uri", document}});
    client.send(request_text("POST", session, subscribe.dump()));
    CHECK(status_of(client.read_answer()) == 200);
    writer.call("update_document", {{"document_id", std::stoll(document.substr(19))},
                                    {"content", "Changed for the legacy stream."}});
    await_subjects({list_changed, document}, [&] { return read_event(stream); });
}

void check_stdio(const TestMemory& memory, Writer& writer, const std::string& document) {
    RunningServer server(memory, Transport::stdio);
    Process& process = server.process();
    process.write(modern_request(1, "tools/call", {{"name", "list_collections"}}).dump() + '\n');
    CHECK(read_message(process)["id"] == 1);
    process.write(listen_request({document}).dump() + '\n');
    CHECK(read_message(process)["method"] == "notifications/subscriptions/acknowledged");
    writer.call("delete_document", {{"document_id", std::stoll(document.substr(19))}});
    std::vector<json> heard;
    await_subjects({list_changed, document}, [&] {
        heard.push_back(read_message(process));
        return heard.back();
    });
    // Nothing comes unasked: each belongs to the subscription.
    for (const json& message : heard) {
        CHECK(message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == "l");
    }
}

void check_listeners(StoreKind store) {
    const TestMemory memory(store);
    Writer writer(memory);
    writer.call("create_collection", {{"name", "log book"}, {"description", "d"}});
    const std::string document = writer.ingest("The first entry.");
    check_modern_stream(memory, writer, document);
    check_legacy_stream(memory, writer, document);
    check_stdio(memory, writer, document);
}

/// A tool's answer to arguments that hold what no text should; true for a fault of ours.
bool is_fault(McpClient& client, const std::string& tool, json arguments) {
    const json result = call_tool(client, tool, std::move(arguments));
    return result.dump().find("Something went wrong") != std::string::npos ||
           result.dump().find("could not be read") != std::string::npos;
}

void check_strange_texts(StoreKind store) {
    const TestMemory memory(store);
    RunningServer server(memory, Transport::stdio);
    const auto client = server.connect(Wire::modern);
    call_tool(*client, "create_collection", {{"name", "c"}, {"description", "d"}});
    const std::string nul("a\0b", 3);
    for (const std::string& text :
         {nul, std::string("\0", 1), std::string("\xef\xbf\xbe"), std::string("\x01\x1b[31m"),
          std::string("\xe2\x80\xae"), std::string(300, 'x'), std::string("%00%ff../../..")}) {
        CAPTURE(text);
        CHECK_FALSE(is_fault(*client, "search_documents", {{"query", text}}));
        CHECK_FALSE(
            is_fault(*client, "search_documents", {{"query", "q"}, {"collection_name", text}}));
        CHECK_FALSE(is_fault(*client, "search_documents",
                             {{"query", "q"}, {"metadata_filter", {{text, text}}}}));
        CHECK_FALSE(
            is_fault(*client, "create_collection", {{"name", text}, {"description", text}}));
        CHECK_FALSE(is_fault(*client, "ingest_text",
                             {{"content", "Content " + text},
                              {"collection_name", "c"},
                              {"document_title", text},
                              {"metadata", {{text, {{text, text}}}}}}));
        CHECK_FALSE(is_fault(*client, "list_documents", {{"metadata_filter", {{text, 1}}}}));
        CHECK_FALSE(
            is_fault(*client, "ingest_file", {{"file_path", text}, {"collection_name", "c"}}));
        const json read = client->request("resources/read", {{"uri", "memory://" + text}});
        CHECK(read["error"]["code"] == -32602);
    }
    for (const char* uri :
         {"memory://collections/%00", "memory://collections/%FF", "memory://collections/%",
          "memory://documents/-1", "memory://documents/9223372036854775807",
          "memory://documents/99999999999999999999", "memory://collections/"}) {
        CAPTURE(uri);
        CHECK(client->request("resources/read", {{"uri", uri}})["error"]["code"] == -32602);
    }
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    CHECK_FALSE(is_fault(*client, "list_documents", {{"offset", most}, {"limit", most}}));
    CHECK_FALSE(is_fault(*client, "search_documents",
                         {{"query", "content"}, {"limit", most}, {"max_chars", most}}));
    CHECK_FALSE(is_fault(*client, "get_document_by_id",
                         {{"document_id", 1}, {"offset", most}, {"max_chars", most}}));
    CHECK(server.log().find("failed:") == std::string::npos);
}

/// Opens sessions over one connection, as many clients that say hello and then nothing.
void open_sessions(WireClient& client, int count) {
    for (int i = 0; i < count; ++i) {
        REQUIRE_FALSE(open_session(client).empty());
    }
}

}  // namespace

TEST_CASE("protocol: who listens hears what another process writes (sqlite)") {
    check_listeners(StoreKind::sqlite);
}

TEST_CASE("protocol: who listens hears what another process writes (postgres)") {
    check_listeners(StoreKind::postgres);
}

TEST_CASE("protocol: no text and no number in an argument is a fault of the server (sqlite)") {
    check_strange_texts(StoreKind::sqlite);
}

TEST_CASE("protocol: no text and no number in an argument is a fault of the server (postgres)") {
    check_strange_texts(StoreKind::postgres);
}

TEST_CASE("protocol: an idle session and an idle listener cost little memory") {
    const TestMemory memory(StoreKind::sqlite);
    // What a sanitizer keeps of freed memory, to catch its use, is not the sessions'.
    RunningServer server(memory, Transport::streamable_http,
                         {{"ASAN_OPTIONS", "quarantine_size_mb=1"}});
    wait_until_open(server);
    WireClient client(port_of(server));
    open_sessions(client, 500);
    const double before_sessions = memory_kb(server.process().pid(), "VmRSS");
    open_sessions(client, 3000);
    const double per_session =
        (memory_kb(server.process().pid(), "VmRSS") - before_sessions) / 3000;
    MESSAGE("an idle session: " << per_session << " KB");
    CHECK(per_session < (sanitized ? 50 : 4));

    std::vector<WireClient> listeners;
    const auto listen = [&](int count) {
        for (int i = 0; i < count; ++i) {
            listeners.emplace_back(port_of(server));
            listeners.back().send(post_modern(listen_request({"memory://collections"})));
            CHECK(read_event(listeners.back())["method"] ==
                  "notifications/subscriptions/acknowledged");
        }
    };
    listen(20);
    const double before_listeners = memory_kb(server.process().pid(), "VmRSS");
    listen(180);
    const double per_listener =
        (memory_kb(server.process().pid(), "VmRSS") - before_listeners) / 180;
    MESSAGE("an idle listener: " << per_listener << " KB");
    CHECK(per_listener < (sanitized ? 500 : 64));
}

TEST_CASE("protocol: an idle stream is closed with a hint after the time that the operator sets") {
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(memory, Transport::streamable_http, {{"RAG_STREAM_IDLE", "1"}});
    WireClient client(port_of(server));
    client.send(post_modern(listen_request({})));
    const std::string stream = client.read_until("0\r\n\r\n");
    CHECK(stream.find("acknowledged") != std::string::npos);
    CHECK(stream.find("\"resultType\":\"complete\"") != std::string::npos);
    CHECK(stream.find("retry: 1000") != std::string::npos);
    CHECK(stream.ends_with("0\r\n\r\n"));
}
