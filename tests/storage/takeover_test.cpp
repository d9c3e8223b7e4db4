// A memory of the reference system moves in. Its tables are in the schema public, so that each test
// has a database of its own.
#include "storage/kinds.hpp"
#include "storage/postgres_migration.hpp"
#include "storage/postgres_search.hpp"
#include "storage/postgres_store.hpp"
#include "storage/postgres_vector.hpp"
#include "storage/reference_takeover.hpp"
#include "support/database.hpp"
#include "support/reference_database.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <thread>

using namespace rag;
using namespace rag::storage;

namespace {

const EmbeddingSpace configured{"test/four", 4};
const EmbeddingSpace openai{"openai/text-embedding-3-small", 1536};

/// With the reference system's tables in it, once they are made.
class Database {
public:
    PostgresOptions options() const {
        PostgresOptions options;
        options.address = own_.address();
        return options;
    }
    void make_reference(int dimensions = 1536) const {
        own_.execute(test::reference_tables_sql(dimensions));
    }
    void run(const std::string& sql) const { own_.execute(sql); }
    std::string digest() const { return own_.query(test::reference_digest_sql()).at(0); }
    bool has_our_schema() const {
        return !own_.query("select 1 from pg_namespace where nspname = 'rag_memory'").empty();
    }

private:
    test::OwnDatabase own_{test::server_address()};
};

/// Other programs on the server may have older transactions open for a moment.
bool becomes_true(const std::function<bool()>& condition) {
    for (int look = 0; look < 1000 && !condition(); ++look) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
}

TakeOverOptions take_over_options(std::size_t chunks_at_once = 2) {
    TakeOverOptions options;
    options.configured = configured;
    options.embed = [](const CallContext&, std::span<const std::string> texts) {
        std::vector<Vector> vectors;
        for (const std::string& text : texts) {
            vectors.push_back(text.find("okapi") != std::string::npos ? Vector{1, 0, 0, 0}
                                                                      : Vector{0, 1, 0, 0});
        }
        return vectors;
    };
    options.chunks_at_once = chunks_at_once;
    return options;
}

/// Our side of the database.
struct Ours {
    explicit Ours(const PostgresOptions& options) : pool(options) {}

    std::vector<ChunkId> find_words(const std::vector<CollectionId>& collections,
                                    const std::string& words) {
        std::vector<ChunkId> ids;
        for (const Candidate& hit :
             search.best_words({}, {collections, {}}, text::parse_word_query(words), 10).hits) {
            ids.push_back(hit.chunk);
        }
        std::sort(ids.begin(), ids.end());
        return ids;
    }

    PostgresPool pool;
    PostgresStore store{{}, pool};
    PostgresSearch search{pool};
};

}  // namespace

TEST_CASE("take-over: the plan counts and changes nothing") {
    const Database database;
    database.make_reference();
    const std::string before = database.digest();
    PostgresPool pool(database.options());
    const TakeOverReport plan = plan_take_over({}, pool, configured);
    CHECK(plan.space == openai);
    CHECK(plan.collections.found == 2);
    CHECK(plan.collections.taken == 2);
    CHECK(plan.documents.taken == 5);
    CHECK(plan.chunks == 7);
    CHECK(plan.vectors_kept == 6);
    CHECK(plan.vectors_made == 0);
    REQUIRE(plan.notes.size() == 2);
    CHECK(plan.notes[0].find("by words alone") != std::string::npos);
    CHECK(plan.notes[1].find("1 documents are in no collection") != std::string::npos);
    CHECK(database.digest() == before);
    CHECK_FALSE(database.has_our_schema());
}

TEST_CASE("take-over: everything comes with its id and is found at once") {
    const Database database;
    database.make_reference();
    const std::string before = database.digest();
    Ours ours(database.options());
    const FeedPosition start = ours.store.feed_end({});
    const TakeOverReport done = take_over({}, ours.pool, take_over_options());
    CHECK(done.collections.taken == 2);
    CHECK(done.documents.taken == 5);
    CHECK(done.chunks == 7);
    CHECK(done.vectors_kept == 6);
    CHECK(database.digest() == before);

    const auto animals = ours.store.find_collection({}, "animals");
    REQUIRE(animals);
    CHECK(animals->id == 3);
    CHECK(animals->space == openai);
    CHECK(animals->document_count == 3);
    CHECK(animals->created_at == Timestamp(std::chrono::milliseconds(1'759'320'000'000)));
    CHECK(ours.store.find_collection({}, "plants")->description == "plants");
    const auto okapi = ours.store.get_document({}, 10);
    REQUIRE(okapi);
    CHECK(okapi->content == "The okapi eats leaves. It lives in forests.");
    CHECK(okapi->metadata == Metadata{{"topic", "okapi"}});
    CHECK(okapi->collections == std::vector<std::string>{"animals"});
    CHECK_FALSE(okapi->identity);
    CHECK(okapi->updated_at == Timestamp(std::chrono::milliseconds(1'759'651'200'000)));
    CHECK(ours.store.get_document({}, 11)->file_type == "text");
    CHECK(ours.store.get_document({}, 11)->file_size == 14);
    CHECK(ours.store.get_document({}, 14)->metadata == Metadata::object());
    CHECK(ours.store.get_document({}, 15)->collections ==
          std::vector<std::string>{"animals", "plants"});
    const std::vector<Chunk> chunks = ours.store.get_chunks({}, 10);
    REQUIRE(chunks.size() == 2);
    CHECK(chunks[1].id == 101);
    CHECK(chunks[1].chunk_index == 1);
    CHECK_FALSE(chunks[1].char_start);
    CHECK(chunks[1].metadata == Metadata{{"topic", "chunk"}});

    // By the words of text and title, and by the kept vectors.
    CHECK(ours.find_words({3}, "okapi") == std::vector<ChunkId>{100, 101, 105});
    CHECK(ours.find_words({7}, "slow") == std::vector<ChunkId>{103, 104});
    Vector query(1536);
    query[2] = 1;
    const Candidates near = ours.search.nearest({}, {{3}, {}}, openai, query, 1);
    REQUIRE(near.size() == 1);
    CHECK(near[0].chunk == 102);
    CHECK(near[0].score == doctest::Approx(1));

    // Followers hear of it, and new things get new ids.
    CHECK(
        becomes_true([&] { return ours.store.read_changes({}, start, 100).changes.size() >= 7; }));
    CHECK(ours.store.create_collection({}, {"new", "d", configured}).id == 10);
    NewDocument document;
    document.collection = 10;
    document.filename = document.content = document.content_hash = "new";
    document.file_type = "text";
    NewChunk chunk;
    chunk.content = "new";
    chunk.embedding = {1, 0, 0, 0};
    document.chunks = {chunk};
    const DocumentAdded added = ours.store.add_document({}, document);
    CHECK(added.id == 26);
    CHECK(added.chunk_ids == std::vector<ChunkId>{121});
    CHECK(ours.store.delete_document({}, 11));
    CHECK(ours.store.delete_collection({}, "plants"));
}

TEST_CASE("take-over: a repeat takes only what is new, and nothing that was deleted here") {
    const Database database;
    database.make_reference();
    Ours ours(database.options());
    take_over({}, ours.pool, take_over_options());
    REQUIRE(ours.store.delete_document({}, 15));
    REQUIRE(ours.store.delete_collection({}, "plants"));
    const TakeOverReport again = take_over({}, ours.pool, take_over_options());
    CHECK(again.collections.taken == 0);
    CHECK(again.collections.taken_before == 2);
    CHECK(again.documents.taken == 0);
    CHECK(again.documents.taken_before == 5);
    CHECK_FALSE(ours.store.get_document({}, 15));
    CHECK_FALSE(ours.store.find_collection({}, "plants"));
    database.run(
        "insert into public.source_documents (id, filename, content) values (30, 'late', 'Late')");
    database.run(
        "insert into public.document_chunks (id, source_document_id, chunk_index, content) values "
        "(130, 30, 0, 'A heron came late')");
    database.run("insert into public.chunk_collections values (130, 3)");
    CHECK(take_over({}, ours.pool, take_over_options()).documents.taken == 1);
    CHECK(ours.find_words({3}, "heron") == std::vector<ChunkId>{130});
}

TEST_CASE("take-over: one that was broken off goes on where it was") {
    const Database database;
    database.make_reference();
    Ours ours(database.options());
    std::stop_source source;
    CallContext context;
    context.stop = source.get_token();
    context.on_progress = [&](const Progress& progress) {
        if (progress.done >= 2) {
            source.request_stop();
        }
    };
    CHECK(contract::code_of([&] { take_over(context, ours.pool, take_over_options(1)); }) ==
          ErrorCode::cancelled);
    CHECK(ours.store.status({}).document_count == 2);
    const TakeOverReport rest = take_over({}, ours.pool, take_over_options(1));
    CHECK(rest.documents.taken_before == 2);
    CHECK(rest.documents.taken == 3);
    CHECK(ours.store.status({}).chunk_count == 7);
}

TEST_CASE("take-over: vectors of a model that nobody knows are made anew") {
    const Database database;
    database.make_reference(8);
    Ours ours(database.options());
    const TakeOverReport done = take_over({}, ours.pool, take_over_options());
    CHECK(done.space == configured);
    CHECK(done.vectors_kept == 0);
    CHECK(done.vectors_made == 7);
    CHECK(done.notes.at(0).find("made anew with test/four") != std::string::npos);
    CHECK(ours.store.find_collection({}, "animals")->space == configured);
    const Candidates near = ours.search.nearest({}, {{3}, {}}, configured, Vector{1, 0, 0, 0}, 10);
    REQUIRE(near.size() == 4);
    CHECK(near[0].chunk == 100);
    CHECK(near[2].score == doctest::Approx(1));
    CHECK(near[3].chunk == 102);
}

TEST_CASE("take-over: what is here already is not written over") {
    const Database database;
    database.make_reference();
    Ours ours(database.options());
    ours.store.create_collection({}, {"animals", "Ours", configured});
    const auto code = contract::code_of([&] { take_over({}, ours.pool, take_over_options()); });
    CHECK(code == ErrorCode::conflict);
    CHECK(contract::code_of([&] { plan_take_over({}, ours.pool, configured); }) ==
          ErrorCode::conflict);
    CHECK(ours.store.status({}).document_count == 0);
    CHECK(ours.store.find_collection({}, "animals")->description == "Ours");
}

TEST_CASE("take-over: a store says when a reference database waits, and when there is none") {
    const Database database;
    Ours ours(database.options());
    CHECK_FALSE(ours.store.waiting_reference({}));
    CHECK(contract::code_of([&] { take_over({}, ours.pool, take_over_options()); }) ==
          ErrorCode::not_found);
    database.make_reference();
    REQUIRE(ours.store.waiting_reference({}));
    CHECK(ours.store.waiting_reference({})->find("rag migrate --from-reference") !=
          std::string::npos);
    CHECK(ours.store.status({}).notes.size() == 1);
    take_over({}, ours.pool, take_over_options());
    CHECK_FALSE(ours.store.waiting_reference({}));
    CHECK(ours.store.status({}).notes.empty());
}
