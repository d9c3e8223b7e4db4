// From a stopped server to its first right answer, in the memory of a small machine.
// usage: rag_bench_start [--chunks N] [--limit MB] [--text FOLDER] [--store sqlite|postgres]...
// Each start is of a new process in a control group of --limit MB (256). Its files are dropped from
// the page cache before, but for one of the kinds; the binary and the model are not, because other processes share them. A
// question is a run of words out of a passage, and an answer is right when that passage is in it.

#include "bench/index_rest.hpp"
#include "bench/memory_limit.hpp"
#include "bench/text_folder.hpp"
#include "bench/text_maker.hpp"
#include "support/running_server.hpp"
#include "support/tcp_relay.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>

namespace {

using namespace rag::test;
using namespace rag::bench;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t document_bytes = 12'000;
constexpr std::size_t question_words = 8;
constexpr int starts = 11;
constexpr std::chrono::milliseconds one_way{15};
constexpr std::chrono::seconds rest_max{240};
constexpr std::chrono::seconds stop_max{30};

struct Question {
    std::string text;
    std::string passage;
};

/// What the starts of one kind took.
struct Figures {
    std::vector<double> listening_ms;
    std::vector<double> answer_ms;
    int wrong_before_right = 0;
    int by_database = 0;
    double anonymous_mb = 0;
    double peak_mb = 0;
};

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void expect_rest(const RunningServer& server, std::int64_t chunks) {
    if (!await_rest(server, chunks, rest_max)) {
        std::printf("  the index did not come to rest within %lld s\n",
                    static_cast<long long>(rest_max.count()));
    }
}

/// Ends it as a platform does; it writes its snapshot.
void stop(RunningServer& server) {
    server.process().signal(SIGINT);
    if (!server.process().wait(stop_max)) {
        std::printf("  the server did not end within %lld s\n",
                    static_cast<long long>(stop_max.count()));
    }
}

/// The passages of an answer in their order.
std::vector<std::string> ask(McpClient& client, const std::string& question, bool& by_database) {
    const json result = call_tool(client, "search_documents", {{"query", question}});
    by_database = result.dump().find("\"answered_by\":\"database\"") != std::string::npos;
    std::vector<std::string> passages;
    if (result.value("isError", false)) {
        return passages;
    }
    for (const json& hit : result.at("structuredContent").at("result")) {
        passages.push_back(hit.at("content").get<std::string>());
    }
    return passages;
}

/// Takes text in; the number of chunks.
std::int64_t fill(McpClient& client, std::int64_t wanted, TextSource& source) {
    call_tool(client, "create_collection", {{"name", "bench"}, {"description", "d"}});
    std::int64_t chunks = 0;
    while (chunks < wanted) {
        const std::string text = source.make_document(document_bytes);
        if (text.empty()) {
            break;
        }
        const json result =
            call_tool(client, "ingest_text", {{"content", text}, {"collection_name", "bench"}});
        chunks += result.at("structuredContent").value("num_chunks", 0);
    }
    return chunks;
}

/// So many words from the middle of the passage.
std::string quote(const std::string& passage) {
    std::vector<std::string> words(1);
    for (const char letter : passage) {
        if (std::isalpha(static_cast<unsigned char>(letter)) != 0) {
            words.back() += letter;
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    if (words.size() < question_words) {
        return {};
    }
    const std::size_t first = (words.size() - question_words) / 2;
    std::string text;
    for (std::size_t i = first; i < first + question_words; ++i) {
        text += (text.empty() ? "" : " ") + words[i];
    }
    return text;
}

bool is_found(McpClient& client, const Question& question, bool& by_database) {
    const auto passages = ask(client, question.text, by_database);
    return std::find(passages.begin(), passages.end(), question.passage) != passages.end();
}

/// Questions whose passage the server finds that took the text in.
std::vector<Question> learn_questions(McpClient& client, TextSource& source) {
    std::vector<Question> questions;
    while (questions.size() < starts) {
        bool by_database = false;
        const auto passages = ask(client, source.make_question(question_words), by_database);
        if (passages.empty()) {
            continue;
        }
        Question question{quote(passages.front()), passages.front()};
        if (!question.text.empty() && is_found(client, question, by_database)) {
            questions.push_back(std::move(question));
        }
    }
    return questions;
}

/// Writes the files under the folder to the disk and drops them from the page cache.
void cool(const std::string& folder) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) {
            continue;
        }
        const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
        if (file >= 0) {
            ::fdatasync(file);
            ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
            ::close(file);
        }
    }
}

enum class Snapshot { kept, removed };
enum class Files { cold, warm };  ///< Whether the page cache has them.

using Variables = std::map<std::string, std::string>;

void measure_start(const TestMemory& memory, const Variables& variables, const MemoryLimit& limit,
                   const Question& question, Figures& figures) {
    const auto begin = Clock::now();
    RunningServer server(memory, Transport::streamable_http, variables, limit.launcher());
    figures.listening_ms.push_back(milliseconds_since(begin));
    const auto client = server.connect(Wire::modern);
    for (bool right = false; !right;) {
        bool by_database = false;
        right = is_found(*client, question, by_database);
        figures.wrong_before_right += right ? 0 : 1;
        figures.by_database += right && by_database ? 1 : 0;
        if (milliseconds_since(begin) > 60'000) {
            throw std::runtime_error("no right answer within a minute to: " + question.text);
        }
    }
    figures.answer_ms.push_back(milliseconds_since(begin));
    figures.anonymous_mb = std::max(figures.anonymous_mb,
                                    memory_kb(server.process().pid(), "RssAnon") / 1024);
    figures.peak_mb =
        std::max(figures.peak_mb, memory_kb(server.process().pid(), "VmHWM") / 1024);
    server.process().signal(SIGKILL);
    server.process().wait(stop_max);
}

void measure(const char* name, const TestMemory& memory, const Variables& variables,
             Snapshot snapshot, Files files, const MemoryLimit& limit,
             const std::vector<Question>& questions) {
    const std::string data = memory.environment().at("RAG_DATA_DIR");
    Figures figures;
    for (const Question& question : questions) {
        if (snapshot == Snapshot::removed) {
            std::filesystem::remove_all(data + "/index");
        }
        if (files == Files::cold) {
            cool(data);
        }
        measure_start(memory, variables, limit, question, figures);
    }
    std::printf("  %-34s listening %6.0f ms   right answer: median %6.0f ms, slowest %6.0f ms\n"
                "  %-34s %d of %zu by the database, %d wrong before; anonymous %.0f MB, peak %.0f MB\n",
                name, percentile(figures.listening_ms, 0.5), percentile(figures.answer_ms, 0.5),
                percentile(figures.answer_ms, 1), "", figures.by_database, questions.size(),
                figures.wrong_before_right, figures.anonymous_mb, figures.peak_mb);
}

/// Starts without a snapshot and stays until index and graph are made: what a machine without a
/// volume needs at its most.
void measure_building(const TestMemory& memory, const Variables& variables,
                      const MemoryLimit& limit, std::int64_t chunks) {
    std::filesystem::remove_all(memory.environment().at("RAG_DATA_DIR") + "/index");
    const auto begin = Clock::now();
    RunningServer server(memory, Transport::streamable_http, variables, limit.launcher());
    const auto client = server.connect(Wire::modern);
    bool by_database = false;
    ask(*client, "anything at all", by_database);
    double anonymous_mb = 0;
    std::jthread watcher([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            anonymous_mb = std::max(anonymous_mb,
                                    memory_kb(server.process().pid(), "RssAnon") / 1024);
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    });
    expect_rest(server, chunks);
    const double took = milliseconds_since(begin) / 1000;
    watcher.request_stop();
    watcher.join();
    std::printf("  making index and graph             %6.1f s   anonymous at most %.0f MB, "
                "at rest %.0f MB\n",
                took, anonymous_mb, memory_kb(server.process().pid(), "RssAnon") / 1024);
    stop(server);
}

void measure_store(StoreKind store, std::int64_t wanted, const MemoryLimit& limit,
                   TextSource& source) {
    std::printf("%s\n", store == StoreKind::sqlite ? "SQLite" : "Postgres");
    const TestMemory memory(store);
    std::vector<Question> questions;
    std::int64_t chunks = 0;
    {
        RunningServer server(memory, Transport::streamable_http);
        const auto client = server.connect(Wire::modern);
        chunks = fill(*client, wanted, source);
        expect_rest(server, chunks);
        questions = learn_questions(*client, source);
        stop(server);
    }
    std::printf("  %lld chunks\n", static_cast<long long>(chunks));
    measure("from a snapshot", memory, {}, Snapshot::kept, Files::cold, limit, questions);
    measure("from a snapshot in the page cache", memory, {}, Snapshot::kept, Files::warm, limit,
            questions);
    measure("from the database alone", memory, {}, Snapshot::removed, Files::cold, limit,
            questions);
    measure_building(memory, {}, limit, chunks);
    if (store == StoreKind::postgres) {
        const TcpRelay relay(postgres_address(), one_way);
        const Variables far{{"DATABASE_URL", relay.address()}};
        measure("database alone, 30 ms away", memory, far, Snapshot::removed, Files::cold, limit,
                questions);
        measure_building(memory, far, limit, chunks);
        measure("snapshot, database 30 ms away", memory, far, Snapshot::kept, Files::cold, limit,
                questions);
    }
    std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
    std::int64_t chunks = 100'000;
    std::int64_t limit_mb = 256;
    std::string folder;
    std::vector<StoreKind> stores;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string option = argv[i];
        if (option == "--chunks") {
            chunks = std::stoll(argv[i + 1]);
        } else if (option == "--limit") {
            limit_mb = std::stoll(argv[i + 1]);
        } else if (option == "--text") {
            folder = argv[i + 1];
        } else if (option == "--store") {
            const std::string name = argv[i + 1];
            stores.push_back(name == "postgres" ? StoreKind::postgres : StoreKind::sqlite);
        } else {
            std::fprintf(stderr, "usage: rag_bench_start [--chunks N] [--limit MB] "
                                 "[--text FOLDER] [--store sqlite|postgres]...\n");
            return 2;
        }
    }
    if (stores.empty()) {
        stores = {StoreKind::sqlite, StoreKind::postgres};
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const MemoryLimit limit(limit_mb << 20);
    if (limit.holds()) {
        std::printf("memory of each server limited to %lld MB\n",
                    static_cast<long long>(limit_mb));
    } else {
        std::printf("MEMORY NOT LIMITED: no control group can be made here (needs root)\n");
    }
    for (const StoreKind store : stores) {
        std::unique_ptr<TextSource> source;
        if (folder.empty()) {
            source = std::make_unique<TextMaker>(1);
        } else {
            source = std::make_unique<FolderText>(std::make_shared<TextFolder>(folder), 1);
        }
        measure_store(store, chunks, limit, *source);
    }
    return 0;
}
