// Nearest vectors: ours beside others, one query at a time on one thread, with the recall of each.
// usage: rag_bench_vectors [vectors] [dimensions]
// Vectors are made by ClusteredVectors. Recall is against comparing the floats with every vector;
// for ours also against comparing the query with all of the rounded vectors, which is what a graph
// can be blamed for.
// Times are the thread's own where the work is in this process, so that a busy machine tells less;
// pgvector's are those of the clock. With RAG_TEST_POSTGRES set pgvector is measured, too.

#include "bench/clustered_vectors.hpp"
#include "bench/rivals.hpp"
#include "index/graph_builder.hpp"
#include "index/graph_walk.hpp"
#include "index/segment_builder.hpp"
#include "index/vectors.hpp"

#include <fmt/format.h>

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace rag;
using Clock = std::chrono::steady_clock;

constexpr std::size_t queries = 300;
constexpr std::size_t wanted = 10;
constexpr std::size_t chunks_of_document = 100;
constexpr std::size_t chunks_of_segment = 16'000;

double thread_milliseconds() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

double clock_milliseconds() {
    return std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch()).count();
}

struct Data {
    std::vector<Vector> vectors;
    std::vector<Vector> queries;
    /// Of each query the first `wanted`, and the same by ours without a graph (empty: not asked).
    std::vector<std::set<std::size_t>> nearest;
    std::vector<std::set<std::size_t>> nearest_rounded;
};

Data make_data(std::size_t count, std::size_t dimensions) {
    Data data;
    bench::ClusteredVectors maker(dimensions, 2);
    bench::ClusteredVectors asker(dimensions, 3);
    for (std::size_t i = 0; i < count; ++i) {
        data.vectors.push_back(maker.next());
    }
    std::vector<std::pair<float, std::size_t>> scores(count);
    for (std::size_t q = 0; q < queries; ++q) {
        data.queries.push_back(asker.next());
        for (std::size_t i = 0; i < count; ++i) {
            scores[i] = {-std::inner_product(data.vectors[i].begin(), data.vectors[i].end(),
                                             data.queries[q].begin(), 0.0F),
                         i};
        }
        std::partial_sort(scores.begin(), scores.begin() + wanted, scores.end());
        std::set<std::size_t> nearest;
        for (std::size_t i = 0; i < wanted; ++i) {
            nearest.insert(scores[i].second);
        }
        data.nearest.push_back(std::move(nearest));
    }
    return data;
}

using Find = std::function<std::vector<std::size_t>(const Vector&)>;
using Time = double (*)();

std::size_t count_met(const std::vector<std::size_t>& found, const std::set<std::size_t>& nearest) {
    std::size_t met = 0;
    for (std::size_t i = 0; i < std::min(found.size(), wanted); ++i) {
        met += nearest.count(found[i]);
    }
    return met;
}

/// Whether the nearest of all vectors are what was asked for.
enum class Judged { yes, no };

/// Prints a line; gives the median in milliseconds.
double measure(const std::string& name, const Data& data, const Find& find, Time time,
               Judged judged = Judged::yes) {
    std::vector<double> times;
    std::size_t met = 0;
    std::size_t met_rounded = 0;
    for (std::size_t q = 0; q < queries; ++q) {
        const double begin = time();
        const std::vector<std::size_t> found = find(data.queries[q]);
        times.push_back(time() - begin);
        met += count_met(found, data.nearest[q]);
        if (!data.nearest_rounded.empty()) {
            met_rounded += count_met(found, data.nearest_rounded[q]);
        }
    }
    const auto all = static_cast<double>(queries * wanted);
    std::sort(times.begin(), times.end());
    std::cout << fmt::format("{:<40} p50 {:8.3f} ms  p99 {:8.3f} ms", name, times[queries / 2],
                             times[queries * 99 / 100]);
    if (judged == Judged::yes) {
        std::cout << fmt::format("  recall@{} {:.4f}", wanted, static_cast<double>(met) / all);
    }
    if (judged == Judged::yes && !data.nearest_rounded.empty()) {
        std::cout << fmt::format(" (rounded {:.4f})", static_cast<double>(met_rounded) / all);
    }
    std::cout << std::endl;
    return times[queries / 2];
}

EmbeddingSpace space_of(const Data& data) {
    return {"bench", static_cast<int>(data.vectors.front().size())};
}

index::State make_state(const Data& data) {
    index::State state;
    index::SegmentBuilder builder;
    const auto flush = [&] {
        if (builder.chunk_count() > 0) {
            state.segments.push_back(
                index::make_live(std::make_shared<const index::Segment>(builder.finish())));
        }
    };
    for (std::size_t begin = 0; begin < data.vectors.size(); begin += chunks_of_document) {
        IndexedDocument document;
        document.id = static_cast<DocumentId>(begin / chunks_of_document) + 1;
        document.metadata = {{"hundredth", document.id % 100}, {"half", document.id % 2}};
        document.collections = {1};
        for (std::size_t i = begin; i < std::min(data.vectors.size(), begin + chunks_of_document);
             ++i) {
            IndexedChunk chunk;
            chunk.chunk.id = static_cast<ChunkId>(i);
            chunk.text_key = i;
            chunk.vectors.push_back({space_of(data), data.vectors[i]});
            document.chunks.push_back(std::move(chunk));
        }
        builder.add(std::move(document));
        if (builder.chunk_count() >= chunks_of_segment) {
            flush();
        }
    }
    flush();
    return state;
}

void add_graph(index::State& state, const Data& data) {
    std::vector<std::shared_ptr<const index::Segment>> segments;
    for (const index::LiveSegment& live : state.segments) {
        segments.push_back(live.segment);
    }
    const double begin = thread_milliseconds();
    index::GraphBuilder builder(index::VectorSet(space_of(data), std::move(segments)));
    while (builder.insert(1000)) {
    }
    const index::SharedBytes bytes = builder.finish();
    state.graphs.push_back(std::make_shared<const index::Graph>(builder.vectors(), bytes));
    std::cout << fmt::format("{:<40} {:.1f} s of processor time, {:.1f} MB", "ours: graph built in",
                             (thread_milliseconds() - begin) / 1000,
                             static_cast<double>(bytes.bytes.size()) / 1048576.0)
              << std::endl;
}

std::vector<std::size_t> numbers_of(const Candidates& candidates) {
    std::vector<std::size_t> numbers;
    for (const Candidate& candidate : candidates) {
        numbers.push_back(static_cast<std::size_t>(candidate.chunk));
    }
    return numbers;
}

double measure_search(const std::string& name, const Data& data, const index::State& state,
                      std::size_t count, const char* filter = "{}") {
    const SearchScope scope{{1}, parse_metadata_filter(nlohmann::json::parse(filter))};
    return measure(
        name, data,
        [&](const Vector& query) {
            return numbers_of(index::find_nearest({}, state, index::select(state, scope),
                                                  space_of(data), query, count));
        },
        thread_milliseconds, scope.filter.empty() ? Judged::yes : Judged::no);
}

void measure_walk(const Data& data, const index::State& state, std::size_t width) {
    const SearchScope scope{{1}, {}};
    measure(
        fmt::format("ours: walk, width {}", width), data,
        [&](const Vector& query) {
            const auto selections = index::select(state, scope);
            const index::QueryCodes prepared = index::prepare_query(query);
            index::GraphWalk walk(*state.graphs.front(), prepared, selections);
            walk.run(width, SIZE_MAX);
            index::TopList top(wanted);
            walk.offer_found(top);
            return numbers_of(top.take());
        },
        thread_milliseconds);
}

double measure_ours(Data& data) {
    index::State state = make_state(data);
    for (const Vector& query : data.queries) {
        const auto found = numbers_of(index::find_nearest(
            {}, state, index::select(state, {{1}, {}}), space_of(data), query, wanted));
        data.nearest_rounded.emplace_back(found.begin(), found.end());
    }
    measure_search("ours: scan of every vector", data, state, wanted);
    measure_search("ours: scan, 200 wanted", data, state, 200);
    add_graph(state, data);
    for (const std::size_t width : {40U, 100U, 200U, 400U, 800U, 1600U}) {
        measure_walk(data, state, width);
    }
    const double ours = measure_search("ours: as the product asks, 10 wanted", data, state, wanted);
    measure_search("ours: as the product asks, 200 wanted", data, state, 200);
    measure_search("ours: 1 % selected, 200 wanted", data, state, 200, R"({"hundredth": 7})");
    measure_search("ours: 50 % selected, 200 wanted", data, state, 200, R"({"half": 1})");
    data.nearest_rounded.clear();
    return ours;
}

void measure_rival(const Data& data, bench::Rival& rival, double ours, Time time) {
    for (const std::size_t width : {40U, 100U, 200U}) {
        rival.set_width(width);
        const std::string name =
            rival.exact() ? rival.name() : fmt::format("{}, ef {}", rival.name(), width);
        const double median = measure(
            name, data, [&](const Vector& query) { return rival.find(query, wanted); }, time);
        std::cout << fmt::format("{:<40} {:8.1f} times ours (10 wanted)", "", median / ours)
                  << std::endl;
        if (rival.exact()) {
            return;
        }
    }
}

void run(std::size_t count, std::size_t dimensions) {
    Data data = make_data(count, dimensions);
    std::cout << fmt::format("{} vectors of {} dimensions, {} queries", count, dimensions, queries)
              << std::endl;
    const double ours = measure_ours(data);
    const auto timed = [](const char* what, const auto& make, Time time) {
        const double begin = time();
        auto rival = make();
        std::cout << fmt::format("{:<40} {:.1f} s", std::string(what) + " built in",
                                 (time() - begin) / 1000)
                  << std::endl;
        return rival;
    };
    {
        const auto rival = timed(
            "hnswlib", [&] { return bench::make_hnswlib(data.vectors); }, thread_milliseconds);
        measure_rival(data, *rival, ours, thread_milliseconds);
    }
    {
        const auto rival =
            timed("SQLite", [&] { return bench::make_sqlite(data.vectors); }, thread_milliseconds);
        measure_rival(data, *rival, ours, thread_milliseconds);
    }
    if (const char* url = std::getenv("RAG_TEST_POSTGRES"); url != nullptr && *url != '\0') {
        const auto rival = timed(
            "pgvector", [&] { return bench::make_pgvector(data.vectors, url); },
            clock_milliseconds);
        measure_rival(data, *rival, ours, clock_milliseconds);
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(argc > 1 ? std::stoul(argv[1]) : 100'000, argc > 2 ? std::stoul(argv[2]) : 512);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
