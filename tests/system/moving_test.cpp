// Export, import, re-index and verification as a person runs them: real processes, killed in the
// middle.

#include "support/rag_command.hpp"
#include "support/running_server.hpp"
#include "support/sanitized.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace rag::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr auto answer_timeout = 120s;

json document_line(int number) {
    const std::string content = "Entry " + std::to_string(number) +
                                " of the log tells of the heron at weir " +
                                std::to_string(number % 97) + ".";
    const std::string time = "2026-01-02T03:04:05.678Z";
    return {{"document",
             {{"filename", "e" + std::to_string(number)},
              {"content", content},
              {"file_type", "text"},
              {"file_size", content.size()},
              {"metadata", {{"n", number}}},
              {"content_hash", "hash-" + std::to_string(number)},
              {"version", 1},
              {"content_at", time},
              {"created_at", time},
              {"updated_at", time},
              {"collections", {{{"name", "log"}, {"identity", "text:" + std::to_string(number)}}}},
              {"versions", json::array()},
              {"chunks",
               {{{"content", content},
                 {"char_start", 0},
                 {"char_end", content.size()},
                 {"heading_path", ""},
                 {"metadata", json::object()}}}}}}};
}

/// An export of a collection that another model made, without vectors.
std::string write_export(const TestMemory& memory, int documents) {
    const std::string path = memory.dir() + "/foreign.jsonl";
    std::ofstream file(path);
    file << json{{"rag_memory_export", 1},
                 {"collections", 1},
                 {"documents", documents},
                 {"vectors", false}}
         << '\n';
    file << json{{"collection",
                  {{"name", "log"},
                   {"description", "Of a station"},
                   {"model", "elsewhere/model"},
                   {"dimensions", 7},
                   {"created_at", "2026-01-02T03:04:05.678Z"}}}}
         << '\n';
    for (int i = 0; i < documents; ++i) {
        file << document_line(i) << '\n';
    }
    file << json{{"end", {{"collections", 1}, {"documents", documents}}}} << '\n';
    return path;
}

std::string model_of(const TestMemory& memory) {
    const Ended list = run_rag(memory, {"--json", "collection", "list"});
    return json::parse(list.output).at("result").at(0).at("embedding_model");
}

}  // namespace

TEST_CASE("moving: a re-index that is killed answers as before, and goes on when it is repeated") {
    const TestMemory memory(StoreKind::sqlite);
    constexpr int documents = 600;
    REQUIRE(run_rag(memory, {"import", write_export(memory, documents)}).status == 0);
    CHECK(model_of(memory) == "elsewhere/model");
    {
        const TempDir dir;
        Process process(rag_process(memory, {"reindex", "log"}, dir.file("errors")));
        std::this_thread::sleep_for(400ms);  // Anywhere on its way, its end included.
        process.signal(SIGKILL);
        process.wait(answer_timeout);
    }
    const Ended found = run_rag(memory, {"--json", "search", "heron", "--mode", "keyword"});
    CHECK(found.status == 0);
    CHECK(json::parse(found.output).at("result").size() == 5);
    const Ended again = run_rag(memory, {"--json", "reindex", "log"});
    REQUIRE_MESSAGE(again.status == 0, again.errors);
    CHECK(model_of(memory) == "builtin/static-en-512-3");
    const Ended near =
        run_rag(memory, {"--json", "search", "heron", "--mode", "vector", "--explain"});
    REQUIRE_MESSAGE(near.status == 0, near.errors);
    const json result = json::parse(near.output);
    CHECK(result.at("result").size() == 5);
    CHECK(result.at("explain").at("filter_set") == documents);
    CHECK(result.at("result").at(0).at("explain").at("rank_vector") == 1);
    const Ended verified = run_rag(memory, {"--json", "verify", "--sample", "10"});
    CHECK_MESSAGE(verified.status == 0, verified.errors);
    CHECK(json::parse(verified.output).at("recall_at_10") >= 0.95);
    CHECK(run_rag(memory, {"verify", "--recall-min", "1.5"}).status == 1);
}

TEST_CASE("moving: an export streams through bounded memory and enters another memory as it is") {
    const TestMemory from(StoreKind::sqlite);
    const TestMemory to(StoreKind::sqlite);
    constexpr int documents = 5'000;
    const std::string path = write_export(from, documents);
    {
        const TempDir dir;
        Process process(rag_process(from, {"import", path}, dir.file("errors")));
        double peak = 0;
        std::optional<int> status;
        while (!(status = process.wait(20ms))) {
            peak = std::max(peak, memory_kb(process.pid(), "VmHWM") / 1024);
        }
        CHECK(status == 0);
        CHECK(peak < 400 * memory_factor);
    }
    const std::string out = from.dir() + "/out.jsonl";
    CHECK(run_rag(from, {"export", out}).status == 0);
    CHECK_FALSE(std::filesystem::exists(out + ".partial"));
    CHECK(run_rag(to, {"import", out}).status == 0);
    const std::string second = to.dir() + "/out.jsonl";
    CHECK(run_rag(to, {"export", second}).status == 0);
    std::ifstream a(out);
    std::ifstream b(second);
    const std::string left{std::istreambuf_iterator<char>(a), {}};
    const std::string right{std::istreambuf_iterator<char>(b), {}};
    CHECK(left.size() > 1'000'000);
    CHECK((left == right));
    const Ended repeated = run_rag(to, {"--json", "import", out});
    CHECK(json::parse(repeated.output).at("documents_known") == documents);
    const Ended damaged = run_rag(to, {"import", "/dev/null"});
    CHECK(damaged.status == 1);
}
