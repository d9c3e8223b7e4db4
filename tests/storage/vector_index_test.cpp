// pgvector's graphs: when they are built, and that searches lose nothing by them.
#include "storage/kinds.hpp"
#include "storage/postgres_search.hpp"
#include "storage/postgres_store.hpp"
#include "storage/postgres_vector_indexes.hpp"
#include "support/pgbouncer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <thread>

using namespace rag;
using namespace rag::storage;
using When = PostgresVectorIndexes::When;

namespace {

constexpr int dimensions = 16;
constexpr int documents = 60;
constexpr int chunks = 25;  ///< Of a document.
const EmbeddingSpace space{"test/sixteen", dimensions};
const VectorIndexOptions of_few{.vectors_min = 100};

Vector random_vector(std::mt19937& random) {
    std::normal_distribution<float> normal;
    Vector vector(dimensions);
    float sum = 0;
    for (float& component : vector) {
        component = normal(random);
        sum += component * component;
    }
    for (float& component : vector) {
        component /= std::sqrt(sum);
    }
    return vector;
}

/// A store of some vectors in two collections, as one server has it.
struct Filled {
    explicit Filled(const PostgresOptions& options) : pool(options), store({}, pool) {
        std::mt19937 random(7);
        for (const char* name : {"even", "odd"}) {
            collections.push_back(store.create_collection({}, {name, "For tests", space}).id);
        }
        for (int i = 0; i < documents; ++i) {
            NewDocument document;
            document.collection = collections[static_cast<std::size_t>(i % 2)];
            document.filename = "d" + std::to_string(i);
            document.content = "text";
            document.file_type = "text";
            document.metadata = {{"tenth", i % 10}, {"number", i}};
            document.content_hash = "hash";
            for (int k = 0; k < chunks; ++k) {
                NewChunk chunk;
                chunk.content = "Text " + std::to_string(i) + " " + std::to_string(k);
                chunk.embedding = random_vector(random);
                document.chunks.push_back(chunk);
            }
            store.add_document({}, document);
        }
    }

    SearchScope all() const { return {collections, {}}; }
    SearchScope filtered(const char* filter) const {
        return {collections, parse_metadata_filter(nlohmann::json::parse(filter))};
    }

    PostgresPool pool;
    PostgresStore store;
    PostgresSearch search{pool};
    std::vector<CollectionId> collections;
};

std::int64_t walks_of(const test::OwnSchema& schema) {
    // Counts of the statistics collector come late; a session's own are flushed at its end.
    const SqlRows rows = schema.run(
        "select coalesce(sum(idx_scan), 0) from pg_stat_user_indexes where schemaname = '" +
        schema.name() + "' and indexrelname like 'chunk_vectors_hnsw_%'");
    return std::stoll(rows.rows.at(0).at(0).value());
}

std::size_t graphs_of(const test::OwnSchema& schema) {
    return schema
        .run(
            "select 1 from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n "
            "on n.oid = c.relnamespace where i.indisvalid and n.nspname = '" +
            schema.name() + "' and c.relname like 'chunk_vectors_hnsw_%'")
        .rows.size();
}

double overlap(const Candidates& ours, const Candidates& exact) {
    std::set<ChunkId> wanted;
    for (const Candidate& candidate : exact) {
        wanted.insert(candidate.chunk);
    }
    const auto found = std::count_if(ours.begin(), ours.end(), [&](const Candidate& candidate) {
        return wanted.contains(candidate.chunk);
    });
    return static_cast<double>(found) / static_cast<double>(exact.size());
}

}  // namespace

TEST_CASE("vector index: built once it pays, used by searches, none loses a hit by it") {
    const test::OwnSchema schema;
    Filled db(schema.options());
    const std::vector<SearchScope> scopes{db.all(),
                                          {{db.collections[1]}, {}},
                                          db.filtered(R"({"tenth": 3})"),
                                          db.filtered(R"({"number": 17})"),
                                          db.filtered(R"({"number": {"$gte": 30}})")};
    std::mt19937 random(11);
    std::vector<Vector> queries;
    std::vector<Candidates> exact;
    for (int i = 0; i < 10; ++i) {
        queries.push_back(random_vector(random));
        for (const SearchScope& scope : scopes) {
            exact.push_back(db.search.nearest({}, scope, space, queries.back(), 40));
        }
    }
    PostgresVectorIndexes indexes(db.pool, of_few);
    CHECK(indexes.build_missing({}, When::settled) == 0);  // It may be growing still.
    CHECK(indexes.build_missing({}, When::settled) == 1);
    CHECK(indexes.build_missing({}, When::settled) == 0);
    CHECK(graphs_of(schema) == 1);
    double sum = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const SearchScope& scope = scopes[i % scopes.size()];
        const auto found = db.search.nearest({}, scope, space, queries[i / scopes.size()], 40);
        REQUIRE(found.size() == exact[i].size());
        CHECK(std::is_sorted(found.begin(), found.end(), [](const auto& a, const auto& b) {
            return a.score > b.score || (a.score == b.score && a.chunk < b.chunk);
        }));
        sum += overlap(found, exact[i]);
    }
    CHECK(sum / static_cast<double>(exact.size()) > 0.98);
    // More than one walk gives, or everything there is: the whole list all the same.
    CHECK(db.search.nearest({}, db.all(), space, queries[0], 5000).size() == documents * chunks);
    CHECK(db.search.nearest({}, db.all(), space, Vector(dimensions), 30).size() == 30);
}

TEST_CASE("vector index: the database walks the graph for a search") {
    const test::OwnSchema schema;
    {
        Filled db(schema.options());
        PostgresVectorIndexes indexes(db.pool, of_few);
        REQUIRE(indexes.build_missing({}, When::now) == 1);
        std::mt19937 random(5);
        CHECK(db.search.nearest({}, db.all(), space, random_vector(random), 10).size() == 10);
    }
    for (int look = 0; look < 500 && walks_of(schema) == 0; ++look) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(walks_of(schema) > 0);
}

TEST_CASE("vector index: small spaces and small pools do without") {
    const test::OwnSchema schema;
    Filled db(schema.options());
    CHECK(PostgresVectorIndexes(db.pool).build_missing({}, When::now) == 0);
    PostgresOptions few = schema.options();
    few.connections = 2;
    PostgresPool pool(few);
    CHECK(PostgresVectorIndexes(pool, of_few).build_missing({}, When::now) == 0);
    CHECK(graphs_of(schema) == 0);
}

TEST_CASE("vector index: of several servers one builds, while the others write") {
    const test::OwnSchema schema;
    Filled db(schema.options());
    std::atomic<int> built = 0;
    std::vector<std::jthread> servers;
    for (int i = 0; i < 3; ++i) {
        servers.emplace_back([&] {
            PostgresPool pool(schema.options());
            PostgresStore store({}, pool);
            PostgresVectorIndexes indexes(pool, of_few);
            built += indexes.build_missing({}, When::now);
            store.update_collection_description({}, "even", "Another");
        });
    }
    servers.clear();
    CHECK(built == 1);
    CHECK(graphs_of(schema) == 1);
}

TEST_CASE("vector index: one whose building was broken off is built again") {
    const test::OwnSchema schema;
    Filled db(schema.options());
    PostgresVectorIndexes indexes(db.pool, of_few);
    REQUIRE(indexes.build_missing({}, When::now) == 1);
    schema.run(
        "update pg_index set indisvalid = false where indexrelid = "
        "to_regclass('@S.chunk_vectors_hnsw_1')");
    CHECK(graphs_of(schema) == 0);
    CHECK(indexes.build_missing({}, When::now) == 1);
    CHECK(graphs_of(schema) == 1);
}

TEST_CASE("vector index: built through a transaction pooler too") {
    const test::OwnSchema schema;
    const test::Pgbouncer pooler(test::server_address());
    Filled db(schema.options_through(pooler.address()));
    PostgresVectorIndexes indexes(db.pool, of_few);
    CHECK(indexes.build_missing({}, When::now) == 1);
    std::mt19937 random(5);
    CHECK(db.search.nearest({}, db.all(), space, random_vector(random), 10).size() == 10);
}

TEST_CASE("vector index: versions of pgvector differ in what they can") {
    const VectorExtension old{"public", "0.6.2"};
    const VectorExtension current{"public", "0.8.0"};
    CHECK_FALSE(old.has_halfvec());
    CHECK(current.has_halfvec());
    CHECK(current.has_iterative_scan());
    CHECK_FALSE(VectorExtension{"public", "0.7.4"}.has_iterative_scan());
    CHECK(VectorExtension{"public", "1.0"}.has_iterative_scan());
    CHECK(graph_type(old, 1536) == "vector(1536)");
    CHECK_FALSE(graph_type(old, 3072));
    CHECK(graph_type(current, 3072) == "halfvec(3072)");
    CHECK_FALSE(graph_type(current, 5000));
}
