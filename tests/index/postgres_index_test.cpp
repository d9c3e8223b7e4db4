// Needs a server of its own: RAG_TEST_POSTGRES, from scripts/postgres-for-tests.
#include "base/hash.hpp"
#include "index/indexed_store.hpp"
#include "index/local_index.hpp"
#include "storage/postgres_index_source.hpp"
#include "storage/postgres_search.hpp"
#include "support/own_schema.hpp"
#include "support/pgbouncer.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

namespace rag::index_test {
namespace {

using namespace std::chrono_literals;
using namespace rag::storage;

const CallContext context;
const EmbeddingSpace space{"test/three", 3};

/// So long that nothing is found by it within a test.
constexpr auto no_poll = 1h;

/// Its connections can be told from all others by their application name, the schema's.
PostgresOptions make_options(const test::OwnSchema& schema) {
    PostgresOptions options = schema.options();
    options.address += "?application_name=" + schema.name();
    return options;
}

index::LocalIndexOptions poll_every(std::chrono::milliseconds time) {
    index::LocalIndexOptions options;
    options.poll = time;
    return options;
}

/// How many connections there are now to this schema.
std::size_t count_connections(const test::OwnSchema& schema) {
    return schema
        .run("select pid from pg_stat_activity where application_name = '" + schema.name() + "'")
        .rows.size();
}

/// What one process has open.
struct Server {
    explicit Server(const test::OwnSchema& schema, index::LocalIndexOptions index_options = {})
        : Server(make_options(schema), std::move(index_options)) {}

    Server(const PostgresOptions& options, index::LocalIndexOptions index_options)
        : pool(options), index(source, search, std::move(index_options)) {
        index.start();
        CallContext soon;
        soon.deadline = std::chrono::steady_clock::now() + 20s;
        REQUIRE(index.wait_until_ready(soon));
    }

    CollectionId collection() {
        const auto known = store.find_collection(context, "notes");
        return known ? known->id : store.create_collection(context, {"notes", "Notes", space}).id;
    }

    DocumentAdded add(const std::string& name, const std::string& text,
                      const Vector& vector = {0.6F, 0.8F, 0}) {
        NewDocument document;
        document.collection = collection();
        document.identity = name;
        document.filename = name;
        document.content = text;
        document.file_type = "text";
        document.metadata = {{"name", name}};
        document.content_hash = sha256_hex(text);
        NewChunk chunk;
        chunk.content = text;
        chunk.char_end = static_cast<std::int64_t>(text.size());
        chunk.heading_path = "Guide > " + name;
        chunk.metadata = {{"page", 7}};
        chunk.embedding = vector;
        document.chunks.push_back(chunk);
        return store.add_document(context, document);
    }

    std::size_t find(const std::string& words) {
        return index.best_words(context, {{collection()}, {}}, text::parse_word_query(words), 10)
            .hits.size();
    }

    PostgresPool pool;
    PostgresStore plain{context, pool};
    PostgresSearch search{pool};
    PostgresIndexSource source{pool, plain};
    index::LocalIndex index;
    index::IndexedStore store{plain, index};
};

bool becomes_true(const std::function<bool()>& condition, std::chrono::milliseconds most) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

/// Of another program, and older than whatever is written while it lives.
class OlderTransaction {
public:
    OlderTransaction() : connection_(test::server_address(), Pooler::off) {
        connection_.begin();
        connection_.run("select pg_current_xact_id()");
    }
    void end() { connection_.commit(); }

private:
    PostgresConnection connection_;
};

void wait_until_listening(const test::OwnSchema& schema) {
    REQUIRE(becomes_true(
        [&] {
            return !schema
                        .run("select 1 from pg_stat_activity where application_name = '" +
                             schema.name() + "' and query ilike 'listen%' and state = 'idle'")
                        .empty();
        },
        10s));
}

}  // namespace

TEST_CASE("postgres index: own writes are found at once, even beside an older open transaction") {
    const test::OwnSchema schema;
    Server server(schema);
    (void)server.collection();
    OlderTransaction older;
    const auto added = server.add("A", "a zebra runs");
    CHECK(server.find("zebra") == 1);
    server.store.delete_document(context, added.id);
    CHECK(server.find("zebra") == 0);
    older.end();
}

TEST_CASE("postgres index: servers find each other's writes and deletes within a second") {
    const test::OwnSchema schema;
    Server one(schema);
    Server two(schema);
    const auto first = one.add("A", "an okapi");
    CHECK(becomes_true([&] { return two.find("okapi") == 1; }, 1000ms));
    one.store.delete_document(context, first.id);
    two.add("B", "a quokka");
    CHECK(becomes_true([&] { return two.find("okapi") == 0; }, 1000ms));
    CHECK(becomes_true([&] { return one.find("quokka") == 1; }, 1000ms));
}

TEST_CASE("postgres index: a server that listens need not poll") {
    const test::OwnSchema schema;
    Server writer(schema);
    Server reader(schema, poll_every(no_poll));
    (void)writer.collection();
    wait_until_listening(schema);
    const auto added = writer.add("A", "an okapi");
    CHECK(becomes_true([&] { return reader.find("okapi") == 1; }, 5s));
    writer.store.delete_document(context, added.id);
    CHECK(becomes_true([&] { return reader.find("okapi") == 0; }, 5s));
}

TEST_CASE("postgres index: a search that follows a commit by a little sees it") {
    const test::OwnSchema schema;
    Server writer(schema);
    Server reader(schema, poll_every(no_poll));
    (void)writer.collection();
    wait_until_listening(schema);
    CHECK(becomes_true([&] { return !reader.source.may_have_changed(context); }, 5s));
    OlderTransaction older;
    writer.add("A", "an okapi");
    CHECK(becomes_true([&] { return reader.source.may_have_changed(context); }, 5s));
    CHECK(reader.find("okapi") == 0);
    older.end();
    CHECK(becomes_true([&] { return reader.find("okapi") == 1; }, 1000ms));
    CHECK(becomes_true([&] { return !reader.source.may_have_changed(context); }, 5s));
}

TEST_CASE("postgres index: its own writes are no news to a server") {
    const test::OwnSchema schema;
    Server server(schema, poll_every(no_poll));
    wait_until_listening(schema);
    CHECK(becomes_true([&] { return !server.source.may_have_changed(context); }, 5s));
    server.add("A", "an okapi");
    CHECK(server.find("okapi") == 1);
    // What another writes afterwards comes after it in the order of the notifications.
    Server other(schema);
    OlderTransaction older;
    other.add("B", "a quokka");
    CHECK(becomes_true([&] { return server.source.may_have_changed(context); }, 5s));
    older.end();
    CHECK(becomes_true([&] { return server.find("quokka") == 1; }, 1000ms));
}

TEST_CASE("postgres index: a listener whose connection was killed misses nothing") {
    const test::OwnSchema schema;
    Server writer(schema);
    Server reader(schema, poll_every(no_poll));
    (void)writer.collection();
    wait_until_listening(schema);
    schema.run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = '" +
               schema.name() + "' and query ilike 'listen%'");
    writer.add("A", "an okapi");
    CHECK(becomes_true([&] { return reader.find("okapi") == 1; }, 10s));
    writer.add("B", "a quokka");
    CHECK(becomes_true([&] { return reader.find("quokka") == 1; }, 10s));
}

TEST_CASE("postgres index: behind a transaction pooler servers poll and are as current") {
    const test::OwnSchema schema;
    const test::Pgbouncer pooler(test::server_address());
    PostgresOptions options = make_options(schema);
    options.address = pooler.address();
    options.pooler = Pooler::transaction;
    Server writer(options, {});
    Server reader(options, {});
    const auto added = writer.add("A", "an okapi");
    CHECK(becomes_true([&] { return reader.find("okapi") == 1; }, 1000ms));
    OlderTransaction older;
    writer.store.delete_document(context, added.id);
    older.end();
    CHECK(becomes_true([&] { return reader.find("okapi") == 0; }, 1000ms));
    CHECK_FALSE(reader.source.may_have_changed(context));
    // What is written through the pooler is told to those that listen all the same.
    Server direct(schema, poll_every(no_poll));
    wait_until_listening(schema);
    writer.add("B", "a quokka");
    CHECK(becomes_true([&] { return direct.find("quokka") == 1; }, 5s));
}

TEST_CASE("postgres index: no more connections than permitted, the listening one included") {
    const test::OwnSchema schema;
    PostgresOptions options = make_options(schema);
    SUBCASE("three") {
        options.connections = 3;
    }
    SUBCASE("one, which then does not listen") {
        options.connections = 1;
    }
    Server server(options, {});
    Server other(options, {});
    (void)other.collection();
    std::atomic<bool> over = false;
    std::size_t most = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&, thread] {
                for (int i = 0; !over; ++i) {
                    server.add(std::to_string(thread) + '/' + std::to_string(i), "an okapi");
                    (void)server.search.count(context, {{server.collection()}, {}});
                }
            });
        }
        for (int look = 0; look < 50; ++look) {
            most = std::max(most, count_connections(schema));
        }
        over = true;
    }
    CHECK(most >= options.connections);
    CHECK(most <= 2 * options.connections);
    CHECK(becomes_true([&] { return other.find("okapi") > 0; }, 1000ms));
}

TEST_CASE("postgres index: what an older transaction commits late is not skipped") {
    const test::OwnSchema schema;
    Server server(schema);
    (void)server.collection();
    const auto changed = server.add("A", "a heron");
    CHECK(server.find("heron") == 1);
    PostgresConnection slow(make_options(schema).address, Pooler::off);
    slow.begin();
    slow.run("update " + schema.name() + ".document_chunks set content = 'an egret'");
    slow.run("insert into " + schema.name() +
                 ".changes (op, collection_id, document_id) values ($1, $2::bigint, $3::bigint)",
             {std::to_string(static_cast<int>(ChangeKind::document_changed)),
              std::to_string(server.collection()), std::to_string(changed.id)});
    server.add("B", "a newer bittern");
    server.index.catch_up(context);
    CHECK(server.find("egret") == 0);
    slow.commit();
    CHECK(becomes_true([&] { return server.find("egret") == 1; }, 1000ms));
    CHECK(server.find("heron") == 0);
    CHECK(server.find("bittern") == 1);
}

TEST_CASE("postgres index: gives what the database itself gives") {
    const test::OwnSchema schema;
    std::vector<ChunkId> ids;
    {
        Server writer(schema);
        for (int i = 0; i < 60; ++i) {
            const float x = static_cast<float>(i) / 60.0F;
            ids.push_back(writer
                              .add("D" + std::to_string(i), "text " + std::to_string(i) + "é",
                                   {x, std::sqrt(1 - x * x), 0})
                              .chunk_ids.front());
        }
    }
    Server server(schema);
    const SearchScope scope{{server.collection()}, {}};
    const Vector query{0, 1, 0};
    const auto ours = server.index.nearest(context, scope, space, query, 20);
    const auto theirs = server.search.nearest(context, scope, space, query, 20);
    REQUIRE(ours.size() == theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        CHECK(ours[i].score == doctest::Approx(theirs[i].score).epsilon(0.02));
    }
    const auto mine = server.index.load(context, ids);
    const auto stored = server.search.load(context, ids);
    REQUIRE(mine.size() == stored.size());
    for (std::size_t i = 0; i < mine.size(); ++i) {
        CHECK(mine[i].chunk.id == stored[i].chunk.id);
        CHECK(mine[i].chunk.content == stored[i].chunk.content);
        CHECK(mine[i].chunk.char_end == stored[i].chunk.char_end);
        CHECK(mine[i].chunk.heading_path == stored[i].chunk.heading_path);
        CHECK(mine[i].chunk.metadata == stored[i].chunk.metadata);
        CHECK(mine[i].document_metadata == stored[i].document_metadata);
    }
}

}  // namespace rag::index_test
