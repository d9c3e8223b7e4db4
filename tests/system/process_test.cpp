// What only a real process shows: that it starts before its store, says nothing but the protocol,
// ends when its client goes, and loses nothing when it is killed.

#include "support/rag_command.hpp"
#include "support/running_server.hpp"
#include "support/sanitized.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <utility>

using namespace rag::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::string text_of(int number) {
    return "Entry number " + std::to_string(number) + " of the log.";
}

/// Writes documents until the server dies; returns the numbers whose answer came back.
std::set<int> write_until_killed(RunningServer& server, McpClient& client, int first,
                                 int kill_after) {
    std::set<int> acknowledged;
    std::jthread killer;
    for (int number = first; number < first + 100'000; ++number) {
        if (number == first + kill_after) {
            // From another thread, so that the signal falls somewhere inside the calls that follow.
            killer = std::jthread([&server] {
                std::this_thread::sleep_for(3ms);
                server.process().signal(SIGKILL);
            });
        }
        try {
            const json result = call_tool(client, "ingest_text",
                                          {{"content", text_of(number)},
                                           {"collection_name", "log"},
                                           {"document_title", "e" + std::to_string(number)}});
            if (!result.value("isError", false)) {
                acknowledged.insert(number);
            }
        } catch (const std::exception&) {
            return acknowledged;
        }
    }
    return acknowledged;
}

void check_nothing_lost(StoreKind store) {
    const TestMemory memory(store);
    {
        RunningServer server(memory, Transport::stdio);
        const auto client = server.connect(Wire::legacy);
        call_tool(*client, "create_collection", {{"name", "log"}, {"description", "d"}});
    }
    std::set<int> acknowledged;
    for (int round = 0; round < 5; ++round) {
        RunningServer server(memory, Transport::stdio);
        const auto client = server.connect(Wire::legacy);
        acknowledged.merge(write_until_killed(server, *client, round * 1'000'000, 20 + round * 7));
    }
    REQUIRE(acknowledged.size() > 50);

    RunningServer server(memory, Transport::stdio);
    const auto client = server.connect(Wire::legacy);
    std::set<int> stored;
    for (int offset = 0;; offset += 200) {
        const json page =
            call_tool(*client, "list_documents", {{"limit", 200}, {"offset", offset}});
        for (const json& document : page["structuredContent"]["documents"]) {
            stored.insert(std::stoi(document["filename"].get<std::string>().substr(1)));
            CHECK(document["chunk_count"] == 1);
        }
        if (!page["structuredContent"]["has_more"].get<bool>()) {
            break;
        }
    }
    for (const int number : acknowledged) {
        CHECK_MESSAGE(stored.contains(number), "acknowledged and lost: " << number);
    }
    const int last = *acknowledged.rbegin();
    const json found =
        call_tool(*client, "search_documents",
                  {{"query", text_of(last)}, {"search_mode", "keyword"}, {"limit", 1}});
    CHECK(found.at("structuredContent").at("result").at(0).at("content") == text_of(last));
}

}  // namespace

TEST_CASE("process: kill -9 in the middle of writes loses nothing acknowledged (sqlite)") {
    check_nothing_lost(StoreKind::sqlite);
}

TEST_CASE("process: kill -9 in the middle of writes loses nothing acknowledged (postgres)") {
    check_nothing_lost(StoreKind::postgres);
}

TEST_CASE("process: three processes write one SQLite memory at once, nothing is lost or refused") {
    const TestMemory memory(StoreKind::sqlite);
    std::vector<std::unique_ptr<RunningServer>> servers;
    for (int i = 0; i < 3; ++i) {
        servers.push_back(std::make_unique<RunningServer>(memory, Transport::stdio));
    }
    constexpr int writes = 60;
    std::vector<int> failures(servers.size());
    std::vector<std::thread> writers;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        writers.emplace_back([&, i] {
            const auto client = servers[i]->connect(i % 2 == 0 ? Wire::legacy : Wire::modern);
            // All three make the collection; one wins, the others are told so.
            call_tool(*client, "create_collection", {{"name", "shared"}, {"description", "d"}});
            for (int n = 0; n < writes; ++n) {
                // Every third text is the same in all processes and must be stored once.
                const int owner = n % 3 == 0 ? 9 : static_cast<int>(i);
                const json result = call_tool(
                    *client, "ingest_text",
                    {{"content", text_of(owner * 1000 + n)}, {"collection_name", "shared"}});
                failures[i] += result.value("isError", false) ? 1 : 0;
            }
        });
    }
    for (std::thread& writer : writers) {
        writer.join();
    }
    CHECK(failures == std::vector<int>{0, 0, 0});
    // Each finds what the others wrote.
    for (const auto& server : servers) {
        const auto client = server->connect(Wire::modern);
        const json info =
            call_tool(*client, "get_collection_info", {{"collection_name", "shared"}});
        CHECK(info["structuredContent"]["document_count"] ==
              writes / 3 + 3 * (writes - writes / 3));
        const json found =
            call_tool(*client, "search_documents",
                      {{"query", text_of(2059)}, {"search_mode", "keyword"}, {"limit", 1}});
        CHECK(found.at("structuredContent").at("result").at(0).at("content") == text_of(2059));
    }
}

TEST_CASE("process: a folder of 10 000 files streams through bounded memory") {
    const TestMemory memory(StoreKind::sqlite);
    const std::filesystem::path docs = std::filesystem::path(memory.dir()) / "docs";
    for (int i = 0; i < 10'000; ++i) {
        const std::filesystem::path folder = docs / std::to_string(i % 100);
        if (i < 100) {
            std::filesystem::create_directories(folder);
        }
        std::ofstream(folder / (std::to_string(i) + ".md"))
            << "# Record " << i << "\n\n"
            << text_of(i) << " It was written on day " << i % 365 << " by keeper " << i % 17
            << ".\n";
    }
    std::ofstream(docs / "7" / "bad.md").write("\0\1\2\0\0\0\3", 7);
    RunningServer server(memory, Transport::stdio);
    const auto client = server.connect(Wire::legacy);
    call_tool(*client, "create_collection", {{"name", "c"}, {"description", "d"}});
    const json answer = client->request(
        "tools/call",
        {{"name", "ingest_directory"},
         {"arguments",
          {{"directory_path", docs.string()}, {"collection_name", "c"}, {"recursive", true}}},
         {"_meta", {{"progressToken", 7}}}});
    const json result = answer["result"]["structuredContent"];
    CHECK(result["files_found"] == 10'001);
    CHECK(result["files_ingested"] == 10'000);
    CHECK(result["failed_files"].size() == 1);
    CHECK(client->take_notifications().size() >= 100);
    CHECK(memory_kb(server.process().pid(), "VmHWM") / 1024 < 250 * memory_factor);
    const json found =
        call_tool(*client, "search_documents", {{"query", "Record 7777"}, {"limit", 1}});
    CHECK(found.at("structuredContent")
              .at("result")
              .at(0)
              .at("content")
              .get<std::string>()
              .find("7777") != std::string::npos);
}

TEST_CASE("process: a client's first word is answered while the store cannot be opened") {
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(memory, Transport::stdio,
                         {{"DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"}});
    const auto client = server.connect(Wire::legacy);
    CHECK(client->request("tools/list", json::object())["result"]["tools"].size() == 14);
    const json result = call_tool(*client, "list_collections", json::object());
    CHECK(result["isError"] == true);
    const std::string text = result["content"][0]["text"];
    CHECK(text.find("nobody") == std::string::npos);
}

TEST_CASE("process: over stdio it ends by itself when its client goes") {
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(memory, Transport::stdio);
    const auto client = server.connect(Wire::modern);
    call_tool(*client, "list_collections", json::object());
    server.process().close_input();
    CHECK(server.process().wait(5s) == 0);
}

TEST_CASE("process: SIGTERM and SIGINT end it in order") {
    for (const int number : {SIGTERM, SIGINT}) {
        for (const Transport transport : {Transport::stdio, Transport::streamable_http}) {
            const TestMemory memory(StoreKind::sqlite);
            RunningServer server(memory, transport);
            const auto client = server.connect(Wire::legacy);
            call_tool(*client, "list_collections", json::object());
            server.process().signal(number);
            CHECK(server.process().wait(5s) == 0);
        }
    }
}

TEST_CASE("process: an address beyond loopback without authentication refuses to start") {
    const TestMemory memory(StoreKind::sqlite);
    const Ended open = run_rag({"serve", "--host", "0.0.0.0", "--port", "0"}, memory.environment());
    CHECK(open.status == 2);
    CHECK(open.errors.find("RAG_AUTH") != std::string::npos);
    auto environment = memory.environment();
    environment["RAG_AUTH"] = "token";
    const Ended tokenless = run_rag({"serve", "--port", "0"}, environment);
    CHECK(tokenless.status == 2);
    CHECK(tokenless.errors.find("rag token create") != std::string::npos);
}

TEST_CASE(
    "process: wrong usage is 2, a failed call 1, help and version work without configuration") {
    const TestMemory memory(StoreKind::sqlite);
    const auto environment = memory.environment();
    CHECK(run_rag({"--version"}, {{"RAG_LOG_LEVEL", "nonsense"}}).status == 0);
    CHECK(run_rag({"search", "--help"}, {{"RAG_LOG_LEVEL", "nonsense"}}).status == 0);
    CHECK(run_rag({}, environment).status == 2);
    CHECK(run_rag({"no-such-command"}, environment).status == 2);
    CHECK(run_rag({"status"}, {{"RAG_LOG_LEVEL", "nonsense"}, {"RAG_DATA_DIR", memory.dir()}})
              .status == 2);
    CHECK(run_rag({"collection", "info", "nope"}, environment).status == 1);
    CHECK(run_rag({"collection", "create", "c", "d", "--json"}, environment).status == 0);
    CHECK(run_rag({"ingest", "text", "hello", "-c", "c"}, environment).status == 0);
    CHECK(run_rag({"search", "hello", "--json"}, environment).status == 0);
    CHECK(run_rag({"status"}, environment).status == 0);
    CHECK(run_rag({"doctor"}, environment).status == 0);
    CHECK(run_rag({"config", "show"}, environment).status == 0);
    CHECK(run_rag({"mcp-config", "cursor"}, environment).status == 0);
}

namespace {

/// What answered a search of the command line, and the passage that it put first.
std::pair<std::string, std::string> search_from(const TestMemory& memory,
                                                std::vector<std::string> further = {}) {
    std::vector<std::string> arguments{"--json", "search", "when does the bus leave", "--explain"};
    arguments.insert(arguments.end(), further.begin(), further.end());
    const Ended ended = run_rag(memory, arguments);
    REQUIRE_MESSAGE(ended.status == 0, ended.errors);
    const json result = json::parse(ended.output);
    return {result.at("explain").at("answered_by"), result.at("result").at(0).at("content")};
}

/// Lets a server make its copy, and leave it behind.
void leave_snapshot(const TestMemory& memory) {
    RunningServer server(memory, Transport::streamable_http);
    const auto client = server.connect(Wire::legacy);
    const auto end = std::chrono::steady_clock::now() + 30s;
    for (bool ready = false; !ready;) {
        REQUIRE(std::chrono::steady_clock::now() < end);
        const json result = call_tool(*client, "search_documents", {{"query", "ferry"}});
        ready = result.dump().find("answered_by") == std::string::npos;
    }
    server.process().signal(SIGTERM);
    CHECK(server.process().wait(20s) == 0);
}

void check_search_from_snapshot(StoreKind store) {
    const TestMemory memory(store);
    const auto ingest = [&](const std::string& text) {
        REQUIRE(run_rag(memory, {"ingest", "text", text, "-c", "c", "--create"}).status == 0);
    };
    ingest("The ferry leaves at nine.");
    leave_snapshot(memory);
    const std::filesystem::path folder = memory.environment().at("RAG_DATA_DIR") + "/index";
    REQUIRE(std::filesystem::exists(folder));
    const std::filesystem::path file = *std::filesystem::directory_iterator(folder);
    const auto written = std::filesystem::last_write_time(file);
    const std::string bus = "The bus leaves at ten.";
    ingest(bus);
    CHECK(search_from(memory) == std::pair<std::string, std::string>{"scan", bus});
    CHECK(std::filesystem::last_write_time(file) == written);
    CHECK(search_from(memory, {"--in", "database"}).first == "store");
    std::ofstream(file, std::ios::binary | std::ios::trunc) << "damaged";
    CHECK(search_from(memory).second == bus);
    std::filesystem::remove(file);
    CHECK(search_from(memory) == std::pair<std::string, std::string>{"store", bus});
    CHECK_FALSE(std::filesystem::exists(file));
}

}  // namespace

TEST_CASE("process: a command searches the copy that a server left, brought up to date (sqlite)") {
    check_search_from_snapshot(StoreKind::sqlite);
}

TEST_CASE(
    "process: a command searches the copy that a server left, brought up to date (postgres)") {
    check_search_from_snapshot(StoreKind::postgres);
}

TEST_CASE("process: the demonstration answers ten questions, with no log between them") {
    const TestMemory memory(StoreKind::sqlite);
    auto environment = memory.environment();
    environment.erase("RAG_LOG_LEVEL");
    const Ended quiet = run_rag({"demo"}, environment);
    CHECK(quiet.status == 0);
    CHECK(quiet.output.find("10. ") != std::string::npos);
    CHECK(quiet.errors.empty());
    environment["RAG_LOG_LEVEL"] = "info";
    CHECK(run_rag({"demo"}, environment).errors.find("search_documents ok") != std::string::npos);
}
