// Many chunks on Postgres: frequencies that the server estimates, and searches that need not rank
// what holds nothing but frequent words.
#include "storage/postgres_common_words.hpp"
#include "storage/postgres_search.hpp"
#include "storage/postgres_store.hpp"
#include "support/own_schema.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace rag;
using namespace rag::storage;

namespace {

const EmbeddingSpace space{"test/four", 4};
constexpr std::int64_t chunks = 24'000;
constexpr std::int64_t chunks_of_halves = 300;

/// A document of many chunks, of which every second holds 'half', every tenth 'tenth' and so on,
/// each a term of its own, and a document whose chunks hold 'half' alone. The ids of the chunks
/// begin with 1.
struct Filled {
    explicit Filled(const test::OwnSchema& schema) : pool(schema.options()), store({}, pool) {
        collection = store.create_collection({}, {"many", "For tests", space}).id;
        insert_document(
            schema, "many", chunks,
            "'w' || i || case when i % 2 = 0 then ' half' else '' end || case when "
            "i % 10 = 0 then ' tenth' else '' end || case when i % 50 = 0 then "
            "' fiftieth' else '' end || case when i % 4000 = 0 then ' rare' else '' end");
        insert_document(schema, "halves", chunks_of_halves, "'half'");
        schema.run("insert into @S.collection_documents (collection_id, document_id) select " +
                   std::to_string(collection) + ", id from @S.source_documents");
        schema.run("analyze @S.document_chunks");
    }

    static void insert_document(const test::OwnSchema& schema, const std::string& name,
                                std::int64_t count, const std::string& words) {
        schema.run(
            "with d as (insert into @S.source_documents (filename, content, file_type, file_size, "
            "metadata, content_hash) values ('" +
            name + "', '', 'text', 0, jsonb_build_object('name', '" + name +
            "'), '') returning id) insert into @S.document_chunks (document_id, chunk_index, "
            "content, heading_path, metadata, text_key, words) select d.id, i, '', '', '{}', i, (" +
            words + ")::tsvector from d, generate_series(1, " + std::to_string(count) +
            ") i order by i");
    }

    Candidates find(const std::vector<std::string>& terms, std::size_t count,
                    const char* filter = "{}") {
        WordQuery query;
        for (const std::string& term : terms) {
            query.terms.push_back({term, false});
        }
        const SearchScope scope{{collection}, parse_metadata_filter(nlohmann::json::parse(filter))};
        return search.best_words({}, scope, query, count).hits;
    }

    PostgresPool pool;
    PostgresStore store;
    PostgresSearch search{pool};
    CollectionId collection = 0;
};

bool is_about(std::int64_t count, std::int64_t truth) {
    return count * 20 > truth * 19 && count * 20 < truth * 21;
}

}  // namespace

TEST_CASE("common words: many chunks are counted by the server's estimates, rare words truly") {
    const test::OwnSchema schema;
    Filled db(schema);
    const std::vector<std::string> stems{"half", "rare", "nowhere", "tenth", "w17"};
    const WordStatistics counted = db.search.count_words({}, {{db.collection}, {}}, stems);
    CHECK(is_about(counted.chunk_count, chunks + chunks_of_halves));
    REQUIRE(counted.frequencies.size() == stems.size());
    CHECK(is_about(counted.frequencies[0], chunks / 2 + chunks_of_halves));
    CHECK(counted.frequencies[1] == 6);
    CHECK(counted.frequencies[2] == 0);
    CHECK(is_about(counted.frequencies[3], chunks / 10));
    CHECK(counted.frequencies[4] == 1);
    const WordStatistics common = db.search.count_words({}, {{db.collection}, {}}, {{"half"}});
    CHECK(common.chunk_count == counted.chunk_count);
    CHECK(common.frequencies == std::vector{counted.frequencies[0]});
}

TEST_CASE("common words: rare words choose what is ranked, and no list gets shorter by it") {
    const test::OwnSchema schema;
    Filled db(schema);
    const auto found = db.find({"half", "tenth", "fiftieth", "rare"}, 50);
    REQUIRE(found.size() == 50);
    CHECK(std::all_of(found.begin(), found.begin() + 6,
                      [](const Candidate& hit) { return hit.chunk % 4000 == 0; }));
    CHECK(std::all_of(found.begin(), found.end(),
                      [](const Candidate& hit) { return hit.chunk % 10 == 0; }));
    CHECK(db.find({"half"}, 50).size() == 50);
    CHECK(db.find({"half", "tenth"}, 50).size() == 50);
    CHECK(db.find({"rare", "nowhere"}, 50).size() == 6);
    CHECK(db.find({"rare", "half"}, 20'000).size() == chunks / 2 + chunks_of_halves);
    const auto halves = db.find({"half", "tenth", "rare"}, 50, R"({"name": "halves"})");
    CHECK(halves.size() == 50);
    CHECK(std::all_of(halves.begin(), halves.end(),
                      [](const Candidate& hit) { return hit.chunk > chunks && hit.score > 0; }));
}

TEST_CASE("common words: few chunks are counted, and so are many before they were analysed") {
    const test::OwnSchema schema;
    PostgresPool pool(schema.options());
    PostgresStore store({}, pool);
    schema.run("alter table @S.document_chunks set (autovacuum_enabled = off)");
    Filled::insert_document(schema, "few", 100, "'half'");
    schema.run("analyze @S.document_chunks");
    PostgresCommonWords words(pool);
    CHECK(words.read({}) == nullptr);
    Filled::insert_document(schema, "many", PostgresCommonWords::chunks_min, "'half'");
    PostgresSearch search(pool);
    CHECK(search.count_words({}, {}, {{"half"}}).frequencies ==
          std::vector<std::int64_t>{PostgresCommonWords::chunks_min + 100});
    schema.run("analyze @S.document_chunks");
    CHECK(words.read({}) == nullptr);  // Kept for some minutes.
    CHECK(PostgresCommonWords(pool).read({}) != nullptr);
}
