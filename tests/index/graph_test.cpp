#include "index/graph.hpp"

#include "index/graph_builder.hpp"
#include "index/graph_walk.hpp"
#include "index/local_index.hpp"
#include "index/model.hpp"
#include "index/segment_builder.hpp"
#include "index/similarity.hpp"
#include "index/vectors.hpp"
#include "support/temp_dir.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <thread>

namespace rag::index_test {
namespace {

using namespace rag::index;
using namespace std::chrono_literals;

constexpr int dimensions = 16;
constexpr std::size_t clusters = 60;
constexpr std::size_t chunks_of_document = 40;

EmbeddingSpace space() {
    return {"model/graph", dimensions};
}

CallContext within(std::chrono::milliseconds time) {
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + time;
    return context;
}

/// Vectors in clusters, as texts about topics make them.
class ClusteredVectors {
public:
    explicit ClusteredVectors(std::uint32_t seed) : random_(seed) {
        for (std::size_t i = 0; i < clusters; ++i) {
            centres_.push_back(draw({}, 1.0F));
        }
    }

    Vector next() { return draw(centres_[random_() % clusters], 0.35F); }
    std::size_t below(std::size_t end) { return random_() % end; }

private:
    Vector draw(const Vector& centre, float spread) {
        Vector vector(dimensions);
        std::normal_distribution<float> normal;
        float squares = 0;
        for (std::size_t i = 0; i < vector.size(); ++i) {
            vector[i] = (centre.empty() ? 0.0F : centre[i]) + spread * normal(random_);
            squares += vector[i] * vector[i];
        }
        for (float& value : vector) {
            value /= std::sqrt(squares);
        }
        return vector;
    }

    std::mt19937 random_;
    std::vector<Vector> centres_;
};

IndexedDocument make_document(DocumentId id, ClusteredVectors& vectors) {
    IndexedDocument document;
    document.id = id;
    document.filename = "d";
    document.metadata = {{"tenth", id % 10}, {"hundredth", id % 100}};
    document.collections = {1 + id % 2};
    for (std::size_t i = 0; i < chunks_of_document; ++i) {
        IndexedChunk chunk;
        chunk.chunk.id = id * static_cast<ChunkId>(chunks_of_document) + static_cast<ChunkId>(i);
        chunk.chunk.document_id = id;
        chunk.chunk.chunk_index = static_cast<std::int64_t>(i);
        chunk.chunk.content = "w";
        chunk.text_key = static_cast<std::uint64_t>(chunk.chunk.id);
        chunk.vectors.push_back({space(), vectors.next()});
        document.chunks.push_back(std::move(chunk));
    }
    return document;
}

std::shared_ptr<const Graph> make_graph(const State& state) {
    std::vector<std::shared_ptr<const Segment>> segments;
    for (const LiveSegment& live : state.segments) {
        segments.push_back(live.segment);
    }
    GraphBuilder builder(VectorSet(space(), std::move(segments)));
    while (builder.insert(500)) {
    }
    SharedBytes bytes = builder.finish();
    return std::make_shared<const Graph>(builder.vectors(), std::move(bytes));
}

/// Some segments of documents 1 to `documents`.
State make_state(DocumentId documents, ClusteredVectors& vectors, DocumentId of_segment = 25) {
    State state;
    SegmentBuilder builder;
    for (DocumentId id = 1; id <= documents; ++id) {
        builder.add(make_document(id, vectors));
        if (id % of_segment == 0 || id == documents) {
            state.segments.push_back(make_live(std::make_shared<const Segment>(builder.finish())));
        }
    }
    return state;
}

std::set<ChunkId> ids_of(const Candidates& candidates) {
    std::set<ChunkId> ids;
    for (const Candidate& candidate : candidates) {
        ids.insert(candidate.chunk);
    }
    return ids;
}

/// How many of the first ten of `expected` are in `got`, of ten.
double recall_at_ten(const Candidates& got, const Candidates& expected) {
    const std::set<ChunkId> ids = ids_of(got);
    std::size_t met = 0;
    const std::size_t ten = std::min<std::size_t>(10, expected.size());
    for (std::size_t i = 0; i < ten; ++i) {
        met += ids.count(expected[i].chunk);
    }
    return ten == 0 ? 1.0 : static_cast<double>(met) / static_cast<double>(ten);
}

Candidates scan(const State& state, const SearchScope& scope, const Vector& query,
                std::size_t count) {
    State bare = state;
    bare.graphs.clear();
    return find_nearest({}, bare, select(bare, scope), space(), query, count);
}

SearchScope scope_of(std::vector<CollectionId> collections, const char* filter) {
    return {std::move(collections), parse_metadata_filter(nlohmann::json::parse(filter))};
}

}  // namespace

TEST_CASE("graph: every vector can be reached, and twins through one of them") {
    ClusteredVectors vectors(1);
    State state;
    SegmentBuilder builder;
    const Vector same = vectors.next();
    for (DocumentId id = 1; id <= 60; ++id) {
        IndexedDocument document = make_document(id, vectors);
        for (std::size_t i = 0; id % 3 == 0 && i < document.chunks.size(); ++i) {
            document.chunks[i].vectors.front().vector = id % 2 == 0 ? same : Vector(dimensions);
        }
        document.chunks.front().vectors.clear();
        builder.add(std::move(document));
    }
    state.segments.push_back(make_live(std::make_shared<const Segment>(builder.finish())));
    const auto graph = make_graph(state);
    const std::size_t size = graph->vectors().size();
    CHECK(size == 60 * (chunks_of_document - 1));
    const QueryCodes query = prepare_query(vectors.next());
    const auto selections = select(state, {{1, 2}, {}});
    GraphWalk walk(*graph, query, selections);
    CHECK(walk.run(size, SIZE_MAX));
    CHECK(walk.found() == size);
}

TEST_CASE("graph: a walk finds what a scan finds, whatever is selected") {
    ClusteredVectors vectors(2);
    State state = make_state(80, vectors);
    state.segments[2] = without_documents(state.segments[2], std::vector<DocumentId>{52, 55, 60});
    const auto graph = make_graph(state);
    for (const auto& scope :
         {scope_of({1, 2}, "{}"), scope_of({2}, "{}"), scope_of({1, 2}, R"({"tenth": 3})"),
          scope_of({1}, R"({"tenth": {"$ne": 3}})")}) {
        const auto selections = select(state, scope);
        double recall = 0;
        constexpr int questions = 25;
        for (int i = 0; i < questions; ++i) {
            const Vector query = vectors.next();
            const QueryCodes prepared = prepare_query(query);
            GraphWalk walk(*graph, prepared, selections);
            TopList top(50);
            REQUIRE(walk.run(150, SIZE_MAX));
            walk.offer_found(top);
            const Candidates got = top.take();
            const Candidates expected = scan(state, scope, query, 50);
            REQUIRE(got.size() == expected.size());
            recall += recall_at_ten(got, expected) / questions;
            for (std::size_t k = 1; k < got.size(); ++k) {
                CHECK(ranks_before(got[k - 1], got[k]));
            }
            const std::set<ChunkId> all = ids_of(scan(state, scope, query, SIZE_MAX));
            for (const Candidate& candidate : got) {
                CHECK(all.contains(candidate.chunk));
            }
        }
        CHECK(recall >= 0.99);
    }
}

TEST_CASE("graph: a walk is as wide as results and vectors ask for") {
    CHECK(walk_width(10, 5'000, 200) == 200);
    CHECK(walk_width(200, 100'000, 200) == 400);
    CHECK(walk_width(200, 199'999, 200) == 400);
    CHECK(walk_width(200, 200'000, 200) == 800);
    CHECK(walk_width(10, 1'000'000, 200) == 800);
}

TEST_CASE("graph: a walk that may compare little gives up") {
    ClusteredVectors vectors(3);
    const State state = make_state(60, vectors);
    const auto graph = make_graph(state);
    const auto selections = select(state, scope_of({1, 2}, R"({"hundredth": 7})"));
    const QueryCodes query = prepare_query(vectors.next());
    GraphWalk walk(*graph, query, selections);
    CHECK_FALSE(walk.run(100, 500));
}

TEST_CASE("graph: a small set of vectors, and none at all, make a graph too") {
    for (const DocumentId documents : {0, 1}) {
        ClusteredVectors vectors(4);
        State state = make_state(documents, vectors);
        const auto graph = make_graph(state);
        const QueryCodes query = prepare_query(vectors.next());
        const auto selections = select(state, {{1, 2}, {}});
        GraphWalk walk(*graph, query, selections);
        CHECK(walk.run(1000, SIZE_MAX));
        CHECK(walk.found() == static_cast<std::size_t>(documents) * chunks_of_document);
    }
}

TEST_CASE("graph: arrays of other vectors are refused") {
    ClusteredVectors vectors(5);
    const State state = make_state(10, vectors);
    const State other = make_state(11, vectors);
    GraphBuilder builder(VectorSet(space(), {state.segments.front().segment}));
    while (builder.insert(100)) {
    }
    const SharedBytes bytes = builder.finish();
    CHECK_NOTHROW(Graph(builder.vectors(), bytes));
    CHECK_THROWS(Graph(VectorSet(space(), {other.segments.front().segment}), bytes));
}

namespace {

/// So many vectors that a walk of the fixture's width is worth it.
constexpr DocumentId many_documents = 125;

struct Fixture {
    explicit Fixture(std::uint32_t seed) : vectors(seed) {
        source.add_collection(1, dimensions);
        source.add_collection(2, dimensions);
        options.graphs.vectors_min = 1000;
        options.graphs.width_min = 50;
        options.graphs.quiet = 0ms;
        options.poll = 5ms;
        options.snapshot = dir.file("index.snapshot");
    }

    void put(DocumentId first, DocumentId last) {
        for (DocumentId id = first; id <= last; ++id) {
            known[id] = make_document(id, vectors);
            source.put(known[id]);
        }
    }

    void erase(DocumentId id) {
        known.erase(id);
        source.erase(id);
    }

    /// What comparing with every vector gives.
    Candidates find_all(const SearchScope& scope, const Vector& query) const {
        const QueryCodes prepared = prepare_query(query);
        std::vector<std::int8_t> codes(dimensions);
        Candidates found;
        for (const auto& [id, document] : known) {
            if (!matches(scope.filter, document.metadata) ||
                std::count(scope.collections.begin(), scope.collections.end(),
                           document.collections.front()) == 0) {
                continue;
            }
            for (const IndexedChunk& chunk : document.chunks) {
                const float scale = quantize(chunk.vectors.front().vector, codes);
                std::int64_t sum = 0;
                for (std::size_t i = 0; i < codes.size(); ++i) {
                    sum += std::int64_t{prepared.codes[i]} * codes[i];
                }
                found.push_back({chunk.chunk.id, similarity(sum, scale, prepared.scale), 0});
            }
        }
        std::sort(found.begin(), found.end(), ranks_before);
        return found;
    }

    void check(LocalIndex& index, int questions) {
        double recall = 0;
        int lists = 0;
        for (int i = 0; i < questions; ++i) {
            for (const auto& scope :
                 {scope_of({1, 2}, "{}"), scope_of({1}, "{}"),
                  scope_of({1, 2}, R"({"hundredth": {"$lt": 90}})"),
                  scope_of({1, 2}, R"({"hundredth": 7})"), scope_of({2}, R"({"hundredth": 7})")}) {
                const Vector query = vectors.next();
                const std::size_t count = vectors.below(4) == 0 ? 3000 : 1 + vectors.below(40);
                const auto got = index.nearest({}, scope, space(), query, count);
                const auto expected = find_all(scope, query);
                REQUIRE(got.size() == std::min(count, expected.size()));
                CHECK(ids_of(got).size() == got.size());
                const std::size_t depth = std::min(count, expected.size());
                recall += recall_at_ten(
                    got, {expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(depth)});
                ++lists;
            }
        }
        CHECK(recall / lists >= 0.99);
    }

    static void await_graph(const LocalIndex& index, std::size_t least) {
        const CallContext context = within(60s);
        while (index.status().graph_vectors < least) {
            context.check();
            std::this_thread::yield();
        }
    }

    test::TempDir dir;
    ClusteredVectors vectors;
    ModelSource source;
    ModelIndex model{source};
    std::map<DocumentId, IndexedDocument> known;
    LocalIndexOptions options;
};

}  // namespace

TEST_CASE("graph: the index answers with it while documents come and go, and makes it anew") {
    Fixture fixture(6);
    fixture.put(1, many_documents);
    LocalIndex index(fixture.source, fixture.model, fixture.options);
    index.start();
    REQUIRE(index.wait_until_ready(within(60s)));
    fixture.check(index, 2);
    const auto vectors_of = [](DocumentId documents) {
        return static_cast<std::size_t>(documents) * chunks_of_document;
    };
    Fixture::await_graph(index, vectors_of(many_documents));
    fixture.check(index, 10);
    for (DocumentId id = 5; id < 60; id += 7) {
        fixture.erase(id);
    }
    fixture.put(many_documents + 1, many_documents + 6);
    fixture.put(100, 105);
    index.catch_up({});
    fixture.check(index, 10);
    fixture.put(many_documents + 7, many_documents + 40);
    index.catch_up({});
    Fixture::await_graph(index, vectors_of(many_documents + 1));
    fixture.check(index, 10);
}

TEST_CASE("graph: a snapshot keeps it") {
    Fixture fixture(7);
    fixture.put(1, many_documents);
    {
        LocalIndex index(fixture.source, fixture.model, fixture.options);
        index.start();
        REQUIRE(index.wait_until_ready(within(60s)));
        Fixture::await_graph(index, 1000);
        // Fewer than a segment is written anew for, which the graph would not outlive.
        for (DocumentId id = 1; id <= many_documents / 5; ++id) {
            fixture.erase(id);
        }
        fixture.put(many_documents + 1, many_documents + 3);
        index.catch_up({});
    }
    fixture.options.graphs.vectors_min = 1'000'000;
    LocalIndex index(fixture.source, fixture.model, fixture.options);
    index.start();
    REQUIRE(index.wait_until_ready(within(60s)));
    CHECK(index.status().graph_vectors > 0);
    fixture.check(index, 10);
}

TEST_CASE("graph: searches go on while it is built and replaced") {
    Fixture fixture(8);
    fixture.put(1, many_documents);
    LocalIndex index(fixture.source, fixture.model, fixture.options);
    index.start();
    REQUIRE(index.wait_until_ready(within(60s)));
    std::vector<std::jthread> readers;
    for (std::uint32_t i = 0; i < 2; ++i) {
        readers.emplace_back([&, i](const std::stop_token& stop) {
            ClusteredVectors vectors(100 + i);
            while (!stop.stop_requested()) {
                const auto found =
                    index.nearest({}, scope_of({1, 2}, "{}"), space(), vectors.next(), 50);
                if (found.size() != 50) {
                    FAIL_CHECK("a list was short");
                }
            }
        });
    }
    Fixture::await_graph(index, 1);
    for (DocumentId id = many_documents + 1; id <= many_documents + 25; ++id) {
        fixture.put(id, id);
        index.note_written(id);
    }
    Fixture::await_graph(index, static_cast<std::size_t>(many_documents) * chunks_of_document + 1);
    readers.clear();
    fixture.check(index, 2);
}

}  // namespace rag::index_test
