// The whole product from outside: what a user waits for, measured over real connections.
// usage: rag_bench [--chunks N]... [--store sqlite|postgres]... [--text FOLDER]
// Text is made by TextMaker, or, with --text, taken from a folder's files as far as they reach.

#include "bench/index_rest.hpp"
#include "bench/text_folder.hpp"
#include "bench/text_maker.hpp"
#include "support/running_server.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <numeric>
#include <thread>

namespace {

using namespace rag::test;
using nlohmann::json;
using namespace rag::bench;
using Clock = std::chrono::steady_clock;

constexpr std::size_t document_bytes = 12'000;
constexpr int ingest_clients = 4;
constexpr int searches_alone = 1'000;
constexpr int searches_by_client = 300;
constexpr std::chrono::seconds graph_wait_max{180};

/// The text of one client's documents or questions, from its seed.
using MakeSource = std::function<std::unique_ptr<TextSource>(std::uint64_t seed)>;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void measure_start() {
    std::vector<double> times_ms;
    double idle_mb = 0;
    for (int i = 0; i < 21; ++i) {
        const TestMemory memory(StoreKind::sqlite);
        const auto start = Clock::now();
        RunningServer server(memory, Transport::stdio);
        const auto client = server.connect(Wire::legacy);
        times_ms.push_back(seconds_since(start) * 1000);
        idle_mb = memory_kb(server.process().pid(), "VmRSS") / 1024;
    }
    std::printf("exec to the answer of initialize (stdio): median %.1f ms, slowest %.1f ms\n",
                percentile(times_ms, 0.5), percentile(times_ms, 1));
    std::printf("resident after initialize: %.1f MB\n\n", idle_mb);
}

/// Fills the collection up to at least so many chunks; prints the speed of this part.
std::int64_t ingest(RunningServer& server, std::int64_t from, std::int64_t chunks_wanted,
                    int round, const MakeSource& make_source) {
    std::atomic<std::int64_t> chunks{from};
    std::atomic<std::int64_t> bytes{0};
    std::atomic<std::int64_t> documents{0};
    const auto start = Clock::now();
    std::vector<std::thread> clients;
    for (int i = 0; i < ingest_clients; ++i) {
        clients.emplace_back([&, i] {
            const auto source = make_source(static_cast<std::uint64_t>(round * 100 + i));
            const auto client = server.connect(Wire::modern);
            while (chunks < chunks_wanted) {
                const std::string text = source->make_document(document_bytes);
                if (text.empty()) {
                    break;
                }
                const json result = call_tool(*client, "ingest_text",
                                              {{"content", text}, {"collection_name", "bench"}});
                chunks += result.at("structuredContent").at("num_chunks").get<std::int64_t>();
                bytes += static_cast<std::int64_t>(text.size());
                ++documents;
            }
        });
    }
    for (std::thread& client : clients) {
        client.join();
    }
    const double took = seconds_since(start);
    std::printf("  ingest to %6lld chunks   %8.2f MB/s %8.0f documents/s %8.0f chunks/s\n",
                static_cast<long long>(chunks.load()), static_cast<double>(bytes) / 1e6 / took,
                static_cast<double>(documents) / took, static_cast<double>(chunks - from) / took);
    return chunks;
}

void await_index(const RunningServer& server, std::int64_t chunks) {
    const auto start = Clock::now();
    await_rest(server, chunks, graph_wait_max);
    std::printf("  index at rest after %.1f s, %.0f vectors in its graph\n", seconds_since(start),
                read_gauge(server, "rag_index_graph_vectors"));
}

void measure_search(RunningServer& server, const char* mode, int client_count,
                    const MakeSource& make_source) {
    const int searches_each = client_count == 1 ? searches_alone : searches_by_client;
    std::vector<std::vector<double>> times_ms(static_cast<std::size_t>(client_count));
    const auto start = Clock::now();
    std::vector<std::thread> clients;
    for (int i = 0; i < client_count; ++i) {
        clients.emplace_back([&, i] {
            const auto source = make_source(static_cast<std::uint64_t>(1'000 + i));
            const auto client = server.connect(Wire::modern);
            for (int n = 0; n < searches_each; ++n) {
                const std::string question =
                    source->make_question(3 + static_cast<std::size_t>(n) % 6);
                const auto asked = Clock::now();
                const json result = call_tool(*client, "search_documents",
                                              {{"query", question}, {"search_mode", mode}});
                times_ms[static_cast<std::size_t>(i)].push_back(seconds_since(asked) * 1000);
                if (result.value("isError", false)) {
                    std::printf("  a search failed: %s\n", result.dump().c_str());
                }
            }
        });
    }
    for (std::thread& client : clients) {
        client.join();
    }
    const double took = seconds_since(start);
    std::vector<double> all;
    for (const auto& times : times_ms) {
        all.insert(all.end(), times.begin(), times.end());
    }
    std::printf("  search %-8s %3d clients   p50 %7.2f ms   p99 %7.2f ms   %7.0f searches/s\n",
                mode, client_count, percentile(all, 0.5), percentile(all, 0.99),
                static_cast<double>(all.size()) / took);
}

void measure_store(StoreKind store, const std::vector<std::int64_t>& sizes,
                   const MakeSource& make_source) {
    std::printf("%s, over Streamable HTTP\n", store == StoreKind::sqlite ? "SQLite" : "Postgres");
    const TestMemory memory(store);
    RunningServer server(memory, Transport::streamable_http);
    const auto client = server.connect(Wire::modern);
    call_tool(*client, "create_collection", {{"name", "bench"}, {"description", "d"}});
    std::int64_t chunks = 0;
    int round = 0;
    for (const std::int64_t size : sizes) {
        chunks = ingest(server, chunks, size, ++round, make_source);
        await_index(server, chunks);
        for (const char* mode : {"hybrid", "vector", "keyword"}) {
            measure_search(server, mode, 1, make_source);
        }
        measure_search(server, "hybrid", 16, make_source);
        measure_search(server, "hybrid", 64, make_source);
        std::printf("  memory of the server: resident %.0f MB, peak %.0f MB\n",
                    memory_kb(server.process().pid(), "VmRSS") / 1024,
                    memory_kb(server.process().pid(), "VmHWM") / 1024);
    }
    std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::int64_t> sizes;
    std::vector<StoreKind> stores;
    std::string folder;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string option = argv[i];
        const std::string value = argv[i + 1];
        if (option == "--chunks") {
            sizes.push_back(std::stoll(value));
        } else if (option == "--store") {
            stores.push_back(value == "postgres" ? StoreKind::postgres : StoreKind::sqlite);
        } else if (option == "--text") {
            folder = value;
        } else {
            std::fprintf(stderr, "usage: rag_bench [--chunks N]... [--store sqlite|postgres]... "
                                 "[--text FOLDER]\n");
            return 2;
        }
    }
    if (sizes.empty()) {
        sizes = {10'000, 100'000};
    }
    if (stores.empty()) {
        stores = {StoreKind::sqlite, StoreKind::postgres};
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    measure_start();
    for (const StoreKind store : stores) {
        // Anew for each store, which begins with the first file.
        const auto texts = folder.empty() ? nullptr : std::make_shared<TextFolder>(folder);
        measure_store(store, sizes, [texts](std::uint64_t seed) -> std::unique_ptr<TextSource> {
            if (texts) {
                return std::make_unique<FolderText>(texts, seed);
            }
            return std::make_unique<TextMaker>(seed);
        });
    }
    return 0;
}
