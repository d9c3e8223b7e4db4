// When a server ends by itself, and what its end leaves to whoever is being served.

#include "support/running_server.hpp"
#include "support/slow_service.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <future>

using namespace rag::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

json ingest(McpClient& client) {
    return call_tool(client, "ingest_text",
                     {{"content", "The lamp is lit at dusk."}, {"collection_name", "c"}});
}

void make_collection(RunningServer& server) {
    const auto client = server.connect(Wire::modern);
    call_tool(*client, "create_collection", {{"name", "c"}, {"description", "d"}});
}

}  // namespace

TEST_CASE("life: left alone it ends with 0 after RAG_IDLE_EXIT, although a stream is open") {
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(memory, Transport::sse, {{"RAG_IDLE_EXIT", "1"}});
    const auto client = server.connect(Wire::legacy);
    call_tool(*client, "list_collections", json::object());
    CHECK(server.process().wait(20s) == 0);
    CHECK(server.log().find("nothing was asked for 1 s") != std::string::npos);
}

TEST_CASE("life: it does not end for idleness while a call is being worked on") {
    const SlowService service(2500ms);
    const TestMemory memory(StoreKind::sqlite);
    auto environment = service.environment();
    environment["RAG_IDLE_EXIT"] = "1";
    RunningServer server(memory, Transport::streamable_http, environment);
    make_collection(server);
    const auto client = server.connect(Wire::modern);
    CHECK(ingest(*client)["structuredContent"]["num_chunks"] == 1);
    CHECK(server.process().wait(20s) == 0);
}

TEST_CASE("life: SIGTERM and SIGINT let a running call answer") {
    for (const int number : {SIGTERM, SIGINT}) {
        const SlowService service(1200ms);
        const TestMemory memory(StoreKind::sqlite);
        RunningServer server(memory, Transport::streamable_http, service.environment());
        make_collection(server);
        const auto client = server.connect(Wire::modern);
        auto answer = std::async(std::launch::async, [&] { return ingest(*client); });
        REQUIRE(service.wait_for_request());
        server.process().signal(number);
        CHECK(answer.get()["structuredContent"]["num_chunks"] == 1);
        CHECK(server.process().wait(10s) == 0);
    }
}
