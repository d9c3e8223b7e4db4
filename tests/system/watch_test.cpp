// A watched folder as its user meets it: one process watches, another one searches, on one store.

#include "support/watching_process.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

using namespace rag::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

void write_file(const TestMemory& memory, const std::string& name, const std::string& content) {
    const fs::path path = fs::path(memory.dir()) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
}

/// As an editor saves: a temporary file renamed over the old one.
void save_file(const TestMemory& memory, const std::string& name, const std::string& content) {
    write_file(memory, name + "~", content);
    fs::rename(memory.dir() + '/' + name + "~", memory.dir() + '/' + name);
}

/// Whether the condition comes true within ten seconds.
template <class Condition>
bool await(Condition condition) {
    for (int i = 0; i < 1'000; ++i) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

/// The titles of the documents that hold the word.
std::set<std::string> find(McpClient& client, const std::string& word) {
    const json result = call_tool(client, "search_documents",
                                  {{"query", word}, {"search_mode", "keyword"}, {"limit", 50}});
    std::set<std::string> titles;
    for (const json& hit : result.at("structuredContent").at("result")) {
        titles.insert(hit.at("source_filename").get<std::string>());
    }
    return titles;
}

std::set<std::string> list_titles(const TestMemory& memory) {
    const Ended ended = run_rag(memory, {"--json", "document", "list", "--limit", "200"});
    std::set<std::string> titles;
    const json list = json::parse(ended.output);
    for (const json& document : list.at("documents")) {
        titles.insert(document.at("filename").get<std::string>());
    }
    return titles;
}

void check_two_processes(StoreKind store) {
    const TestMemory memory(store);
    write_file(memory, "docs/a.md", "The heron stands at the weir.");
    RunningServer server(memory, Transport::streamable_http);
    const auto client = server.connect(Wire::modern);
    WatchingProcess watching(memory, "docs", "notes");
    CHECK(watching.await("in_step").at("added") == json(1));
    CHECK(await([&] { return find(*client, "heron") == std::set<std::string>{"a.md"}; }));

    save_file(memory, "docs/a.md", "The kingfisher sits at the weir.");
    CHECK(watching.await("updated", "a.md").at("num_chunks") == json(1));
    CHECK(await([&] { return find(*client, "kingfisher") == std::set<std::string>{"a.md"}; }));
    CHECK(find(*client, "heron").empty());

    write_file(memory, "docs/new/deep/b.md", "A kingfisher in a folder that was not there.");
    watching.await("added", "new/deep/b.md");
    fs::rename(memory.dir() + "/docs/new", memory.dir() + "/docs/moved");
    fs::remove(memory.dir() + "/docs/a.md");
    CHECK(await([&] { return find(*client, "kingfisher") == std::set<std::string>{"b.md"}; }));
    watching.await("added", "moved/deep/b.md");
    write_file(memory, "docs/.ragignore", "moved/\n");
    CHECK(await([&] { return find(*client, "kingfisher").empty(); }));
    CHECK(watching.stop() == 0);
    CHECK(watching.errors().empty());
}

}  // namespace

TEST_CASE("rag watch: what changes in the folder is found through another process (sqlite)") {
    check_two_processes(StoreKind::sqlite);
}

TEST_CASE("rag watch: what changes in the folder is found through another process (postgres)") {
    check_two_processes(StoreKind::postgres);
}

TEST_CASE("rag watch: killed in the middle of its work, it goes on where the folder is by then") {
    const TestMemory memory(StoreKind::sqlite);
    constexpr int files = 120;
    for (int i = 0; i < files; ++i) {
        write_file(memory, "docs/" + std::to_string(i) + ".md", "Entry " + std::to_string(i));
    }
    for (int round = 0; round < 3; ++round) {
        WatchingProcess watching(memory, "docs", "notes");
        watching.await("added");
        watching.process().signal(SIGKILL);
        CHECK(watching.process().wait(30s) == 128 + SIGKILL);
    }
    fs::remove(memory.dir() + "/docs/0.md");
    save_file(memory, "docs/1.md", "Entry 1, written while nobody watched.");
    WatchingProcess watching(memory, "docs", "notes");
    const json in_step = watching.await("in_step");
    CHECK(in_step.at("files") == json(files - 1));
    CHECK(in_step.at("failed") == json(0));
    CHECK(watching.stop() == 0);
    std::set<std::string> expected;
    for (int i = 1; i < files; ++i) {
        expected.insert(std::to_string(i) + ".md");
    }
    const std::set<std::string> titles = list_titles(memory);
    CHECK(titles.size() == expected.size());
    CHECK(titles == expected);
    for (const std::string& title : titles) {
        CHECK_MESSAGE(expected.contains(title), "stale: " << title);
    }
    CHECK(json::parse(run_rag(memory, {"--json", "search", "nobody watched"}).output)
              .at("result")
              .at(0)
              .at("source_filename") == json("1.md"));
}

TEST_CASE("rag watch: ends at once on an interrupt, and with a sentence where it cannot begin") {
    const TestMemory memory(StoreKind::sqlite);
    write_file(memory, "docs/a.md", "Alpha anchors.");
    {
        WatchingProcess watching(memory, "docs", "notes");
        watching.await("in_step");
        watching.process().signal(SIGINT);
        CHECK(watching.process().wait(10s) == 0);
    }
    const Ended missing = run_rag(memory, {"watch", "nowhere", "-c", "notes"});
    CHECK(missing.status == 1);
    CHECK(missing.errors.find("Directory not found: nowhere") != std::string::npos);
    CHECK(run_rag(memory, {"watch", "docs", "-c", "no such"}).status == 1);
}

TEST_CASE("rag ingest directory --dry-run: counts and changes nothing") {
    const TestMemory memory(StoreKind::sqlite);
    write_file(memory, "docs/a.md", "Alpha anchors.");
    const std::vector<std::string> arguments{"--json", "ingest", "directory", "docs",
                                             "-c",     "notes",  "--create",  "--dry-run"};
    const json estimate = json::parse(run_rag(memory, arguments).output);
    CHECK(estimate.at("files_new") == json(1));
    CHECK(estimate.at("bytes") == json(14));
    CHECK(estimate.at("total_chunks") == json(1));
    CHECK(estimate.at("cost_usd_estimated") == json(0.0));
    CHECK(
        json::parse(run_rag(memory, {"--json", "collection", "list"}).output).at("result").empty());

    auto environment = memory.environment();
    environment["RAG_EMBEDDING_PROVIDER"] = "openai";
    environment["RAG_EMBEDDING_MODEL"] = "some-model";
    environment["RAG_EMBEDDING_DIMENSIONS"] = "8";
    environment["OPENAI_API_KEY"] = "unused";
    environment["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1";
    const std::vector<std::string> paid{"--json", "ingest", "directory", memory.dir() + "/docs",
                                        "-c",     "notes",  "--create",  "--dry-run"};
    CHECK_FALSE(json::parse(run_rag(paid, environment).output).contains("cost_usd_estimated"));
    environment["RAG_EMBEDDING_PRICE"] = "1000000";
    const json priced = json::parse(run_rag(paid, environment).output);
    CHECK(priced.at("cost_usd_estimated").get<double>() ==
          doctest::Approx(priced.at("tokens_estimated").get<double>()));
}
