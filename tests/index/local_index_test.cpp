#include "index/local_index.hpp"

#include "index/random_documents.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

namespace rag::index_test {
namespace {

using index::LocalIndex;
using namespace std::chrono_literals;

CallContext within(std::chrono::milliseconds time) {
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + time;
    return context;
}

void check_equal(const Candidates& got, const Candidates& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        CHECK(got[i].chunk == expected[i].chunk);
        CHECK(got[i].score == expected[i].score);
        CHECK(got[i].text_key == expected[i].text_key);
    }
}

/// Asks both the same random questions.
void compare(SearchIndex& index, SearchIndex& model, RandomDocuments& random, int rounds) {
    const CallContext context;
    for (int round = 0; round < rounds; ++round) {
        const SearchScope scope = random.scope();
        const std::size_t count = 1 + random.below(60);
        const Vector vector = random.unit();
        const WordQuery query = text::parse_word_query(random.question());
        const auto near = index.nearest(context, scope, random.space(), vector, count);
        check_equal(near, model.nearest(context, scope, random.space(), vector, count));
        const auto words = index.best_words(context, scope, query, count);
        const auto expected = model.best_words(context, scope, query, count);
        check_equal(words.hits, expected.hits);
        REQUIRE(words.ideal.has_value());
        CHECK(*words.ideal == doctest::Approx(*expected.ideal));
        CHECK(index.count(context, scope) == model.count(context, scope));
        std::vector<ChunkId> chunks{999'999};
        for (const Candidate& candidate : near) {
            chunks.push_back(candidate.chunk);
        }
        for (const Candidate& candidate : words.hits) {
            chunks.push_back(candidate.chunk);
        }
        CHECK(index.similarities(context, random.space(), vector, chunks) ==
              model.similarities(context, random.space(), vector, chunks));
        CHECK(index.word_scores(context, scope, query, chunks) ==
              model.word_scores(context, scope, query, chunks));
        const std::vector<std::string> stems{random.word(), "w1x", "absent"};
        CHECK(index.count_words(context, scope, stems).frequencies ==
              model.count_words(context, scope, stems).frequencies);
        const auto passages = index.load(context, chunks);
        const auto wanted = model.load(context, chunks);
        REQUIRE(passages.size() == wanted.size());
        for (std::size_t i = 0; i < passages.size(); ++i) {
            CHECK(passages[i].chunk.id == wanted[i].chunk.id);
            CHECK(passages[i].chunk.content == wanted[i].chunk.content);
            CHECK(passages[i].chunk.heading_path == wanted[i].chunk.heading_path);
            CHECK(passages[i].chunk.char_start == wanted[i].chunk.char_start);
            CHECK(passages[i].chunk.char_end == wanted[i].chunk.char_end);
            CHECK(passages[i].chunk.metadata == wanted[i].chunk.metadata);
            CHECK(passages[i].chunk.document_id == wanted[i].chunk.document_id);
            CHECK(passages[i].filename == wanted[i].filename);
            CHECK(passages[i].document_metadata == wanted[i].document_metadata);
        }
    }
}

struct Fixture {
    explicit Fixture(std::uint32_t seed) : random(seed) {
        for (CollectionId id = 1; id <= 4; ++id) {
            source.add_collection(id, RandomDocuments::dimensions);
        }
    }

    void fill(DocumentId documents) {
        for (DocumentId id = 1; id <= documents; ++id) {
            source.put(random.document(id));
        }
    }

    RandomDocuments random;
    ModelSource source;
    ModelIndex model{source};
};

}  // namespace

TEST_CASE("local index: everything it answers is what looking at everything answers") {
    Fixture fixture(1);
    fixture.fill(500);
    LocalIndex index(fixture.source, fixture.model, {});
    index.start();
    REQUIRE(index.wait_until_ready(within(20s)));
    const int calls = fixture.model.calls;
    (void)index.count({}, {{1}, {}});
    CHECK(fixture.model.calls == calls);
    compare(index, fixture.model, fixture.random, 60);
}

TEST_CASE("local index: stays exact while documents are added, replaced and deleted") {
    Fixture fixture(2);
    fixture.fill(150);
    LocalIndex index(fixture.source, fixture.model, {});
    index.start();
    REQUIRE(index.wait_until_ready(within(20s)));
    DocumentId last = 150;
    for (int round = 0; round < 60; ++round) {
        for (std::size_t i = fixture.random.below(12); i > 0; --i) {
            const auto known =
                static_cast<DocumentId>(1 + fixture.random.below(static_cast<std::size_t>(last)));
            switch (fixture.random.below(4)) {
                case 0: fixture.source.erase(known); break;
                case 1: fixture.source.put(fixture.random.document(known)); break;
                default: fixture.source.put(fixture.random.document(++last)); break;
            }
        }
        index.catch_up({});
        compare(index, fixture.model, fixture.random, 2);
    }
    CHECK(index.status().segment_count < 40);
}

TEST_CASE("local index: while there is no copy the fallback answers") {
    Fixture fixture(3);
    fixture.fill(30);
    fixture.source.set_down(true);
    LocalIndex index(fixture.source, fixture.model, {});
    index.start();
    CHECK_FALSE(index.wait_until_ready(within(50ms)));
    const int calls = fixture.model.calls;
    CHECK(index.count({}, {{1}, {}}) > 0);
    CHECK(fixture.model.calls > calls);
    CHECK_FALSE(index.status().ready);
    fixture.source.set_down(false);
    CHECK(index.wait_until_ready(within(20s)));
    compare(index, fixture.model, fixture.random, 3);
}

TEST_CASE("local index: it says what answers, and since when it is cut off") {
    Fixture fixture(31);
    fixture.fill(30);
    index::LocalIndexOptions options;
    options.poll = 5ms;
    LocalIndex index(fixture.source, fixture.model, options);
    const SearchScope scope{{1}, {}};
    CHECK(index.route(scope, fixture.random.space()).path == SearchPath::fallback);
    CHECK(index.status().state == index::CopyState::loading);
    index.start();
    REQUIRE(index.wait_until_ready(within(20s)));
    CHECK(index.route(scope, fixture.random.space()).path == SearchPath::scan);
    CHECK_FALSE(index.route(scope, fixture.random.space()).cut_off_since.has_value());
    const auto await = [&](index::CopyState state) {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (index.status().state != state && std::chrono::steady_clock::now() < limit) {
            std::this_thread::yield();
        }
        return index.status();
    };
    CHECK(await(index::CopyState::following).state == index::CopyState::following);
    fixture.source.set_down(true);
    const auto cut_off = await(index::CopyState::cut_off);
    CHECK(cut_off.cut_off_since.has_value());
    CHECK(index.route(scope, fixture.random.space()).cut_off_since == cut_off.cut_off_since);
    fixture.source.set_down(false);
    CHECK(await(index::CopyState::following).state == index::CopyState::following);
    CHECK(index.status().lag.has_value());
}

TEST_CASE("local index: a source that does not answer leaves the copy answering") {
    Fixture fixture(4);
    fixture.fill(40);
    LocalIndex index(fixture.source, fixture.model, {});
    index.start();
    REQUIRE(index.wait_until_ready(within(20s)));
    const std::int64_t before = index.count({}, {{1, 2, 3, 4}, {}});
    fixture.source.set_down(true);
    fixture.source.put(fixture.random.document(1000));
    index.note_written(1000);
    CHECK(index.count({}, {{1, 2, 3, 4}, {}}) == before);
    fixture.source.set_down(false);
    compare(index, fixture.model, fixture.random, 3);
}

TEST_CASE("local index: what this process wrote is found at once, whatever the feed holds back") {
    for (const bool immediate : {true, false}) {
        Fixture fixture(5);
        fixture.fill(40);
        fixture.source.set_immediate(immediate);
        LocalIndex index(fixture.source, fixture.model, {});
        index.start();
        REQUIRE(index.wait_until_ready(within(20s)));
        index.catch_up({});
        fixture.source.hold_feed(!immediate);
        for (DocumentId id = 20; id < 60; ++id) {
            if (id % 5 == 0) {
                fixture.source.erase(id);
            } else {
                fixture.source.put(fixture.random.document(id));
            }
            index.note_written(id);
            compare(index, fixture.model, fixture.random, 1);
        }
        fixture.source.hold_feed(false);
        index.catch_up({});
        compare(index, fixture.model, fixture.random, 5);
    }
}

TEST_CASE("local index: a deleted collection takes its chunks along and leaves shared ones") {
    Fixture fixture(6);
    fixture.fill(200);
    LocalIndex index(fixture.source, fixture.model, {});
    index.start();
    REQUIRE(index.wait_until_ready(within(20s)));
    fixture.source.erase_collection(2);
    index.catch_up({});
    CHECK(index.count({}, {{2}, {}}) == 0);
    compare(index, fixture.model, fixture.random, 20);
}

TEST_CASE("local index: another epoch makes the copy anew") {
    Fixture fixture(7);
    fixture.fill(60);
    LocalIndex index(fixture.source, fixture.model, {});
    index.start();
    REQUIRE(index.wait_until_ready(within(20s)));
    fixture.source.erase(1);
    fixture.source.put(fixture.random.document(77));
    fixture.source.renew_epoch();
    index.catch_up({});
    const auto deadline = within(20s);
    const SearchScope all{{1, 2, 3, 4}, {}};
    while (index.count({}, all) != fixture.model.count({}, all)) {
        deadline.check();
    }
    REQUIRE(index.wait_until_ready(within(20s)));
    compare(index, fixture.model, fixture.random, 10);
}

TEST_CASE("local index: the largest collections that do not fit are left to the fallback") {
    Fixture fixture(8);
    fixture.fill(300);
    index::LocalIndexOptions options;
    options.memory_bytes_max = 500'000;
    LocalIndex index(fixture.source, fixture.model, options);
    index.start();
    REQUIRE(index.wait_until_ready(within(20s)));
    const auto status = index.status();
    REQUIRE_FALSE(status.excluded.empty());
    CHECK(status.excluded.size() < 4);
    CHECK(status.chunk_count > 0);
    compare(index, fixture.model, fixture.random, 20);
}

TEST_CASE("local index: until it is started the fallback answers and the source is left alone") {
    Fixture fixture(10);
    fixture.fill(20);
    LocalIndex index(fixture.source, fixture.model, {});
    index.note_written(3);
    CHECK(index.count({}, {{1, 2, 3, 4}, {}}) == fixture.model.count({}, {{1, 2, 3, 4}, {}}));
    CHECK_FALSE(index.status().ready);
    CHECK(fixture.source.documents_read == 0);
}

TEST_CASE("local index: a query of other dimensions than the space is refused") {
    Fixture fixture(9);
    fixture.fill(5);
    LocalIndex index(fixture.source, fixture.model, {});
    index.start();
    REQUIRE(index.wait_until_ready(within(20s)));
    const Vector wrong(7, 0.1F);
    CHECK_THROWS(index.nearest({}, {{1}, {}}, RandomDocuments::space(), wrong, 3));
}

}  // namespace rag::index_test
