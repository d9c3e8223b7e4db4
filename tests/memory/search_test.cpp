#include "memory/world.hpp"

#include "base/utf8.hpp"

#include <set>

using namespace rag;
using rag::test::error_of;
using rag::test::holds;
using rag::test::World;

namespace {

const std::vector<SearchMode> modes = {SearchMode::hybrid, SearchMode::vector, SearchMode::keyword};

void add_reports(World& world, int count) {
    const std::vector<std::string> topics = {"harbour", "mountain", "railway", "orchard"};
    for (int i = 0; i < count; ++i) {
        world.add("Report number " + std::to_string(i) + " about the " +
                      topics[static_cast<std::size_t>(i) % topics.size()] + " and its keeper.",
                  "r" + std::to_string(i), {{"n", i}, {"even", i % 2 == 0}});
    }
}

}  // namespace

TEST_CASE("search: a shorter list begins a longer one and scores never increase, in every mode") {
    World world;
    add_reports(world, 70);
    for (const SearchMode mode : modes) {
        const SearchResult full = world.find("harbour keeper report", 50, mode);
        REQUIRE(full.hits.size() == 50);
        for (std::size_t i = 1; i < full.hits.size(); ++i) {
            CHECK(full.hits[i].score <= full.hits[i - 1].score);
        }
        for (const std::int64_t limit : {1, 3, 5, 6, 11, 49}) {
            const SearchResult part = world.find("harbour keeper report", limit, mode);
            REQUIRE(part.hits.size() == static_cast<std::size_t>(limit));
            for (std::size_t i = 0; i < part.hits.size(); ++i) {
                CHECK(part.hits[i].chunk.id == full.hits[i].chunk.id);
                CHECK(part.hits[i].score == full.hits[i].score);
            }
        }
        if (mode == SearchMode::vector) {
            CHECK(full.hits[0].score == *full.hits[0].similarity);
        }
    }
}

TEST_CASE("search: a filter never shortens the list while matching chunks exist") {
    World world;
    add_reports(world, 130);
    SearchQuery query;
    query.text = "harbour report";
    query.limit = 50;
    query.filter = parse_metadata_filter({{"even", true}, {"n", {{"$gte", 20}}}});
    for (const SearchMode mode : modes) {
        query.mode = mode;
        const SearchResult found = world.memory().search(world.context, query);
        CHECK(found.hits.size() == 50);
        for (const SearchHit& hit : found.hits) {
            CHECK(hit.metadata.at("even") == true);
        }
    }
    query.filter = parse_metadata_filter({{"n", 7}});
    query.mode = SearchMode::hybrid;
    query.text = "something else entirely";
    CHECK(world.memory().search(world.context, query).hits.size() == 1);
}

TEST_CASE("search: identical texts appear once and folding comes before the limit") {
    World world;
    for (int i = 0; i < 260; ++i) {
        world.add(i % 2 == 0 ? "The harbour IS closed." : "the harbour  is closed.",
                  "copy" + std::to_string(i));
    }
    add_reports(world, 8);
    for (const SearchMode mode : modes) {
        CAPTURE(static_cast<int>(mode));
        const SearchResult found = world.find("harbour closed", 50, mode);
        std::set<std::string> texts;
        for (const SearchHit& hit : found.hits) {
            CHECK(texts.insert(hit.chunk.content).second);
        }
        CHECK(found.hits.size() == (mode == SearchMode::keyword ? 3 : found.hits.size()));
        CHECK(found.hits.size() >= 3);
        CHECK(found.hits[0].chunk.content.find("closed") != std::string::npos);
    }
    CHECK(world.find("harbour closed", 50).hits.size() == 9);
}

TEST_CASE("search: a threshold drops the less similar, and all when there are no similarities") {
    World world;
    add_reports(world, 20);
    SearchQuery query;
    query.text = "harbour keeper";
    query.limit = 50;
    query.threshold = 0.45;
    for (const SearchMode mode : modes) {
        query.mode = mode;
        const SearchResult found = world.memory().search(world.context, query);
        CHECK(!found.hits.empty());
        CHECK(found.hits.size() < 20);
        for (const SearchHit& hit : found.hits) {
            CHECK(*hit.similarity >= 0.45);
        }
    }
    world.embedder.before_each = [] { throw Error(ErrorCode::unavailable, "Service X is down."); };
    query.mode = SearchMode::hybrid;
    CHECK(world.memory().search(world.context, query).hits.empty());
}

TEST_CASE("search: without the embedding service words answer, and vector mode says why not") {
    World world;
    add_reports(world, 20);
    world.embedder.before_each = [] { throw Error(ErrorCode::unavailable, "Service X is down."); };
    const SearchResult hybrid = world.find("harbour");
    CHECK(hybrid.hits.size() == 5);
    REQUIRE(hybrid.notes.size() == 1);
    CHECK(holds(hybrid.notes[0], "Service X is down."));
    CHECK(!hybrid.hits[0].similarity);
    CHECK(world.find("harbour", 5, SearchMode::keyword).hits.size() == 5);
    CHECK(holds(error_of([&] { world.find("harbour", 5, SearchMode::vector); }),
                "Service X is down."));
}

TEST_CASE("search: collections of another model are searched by words and named") {
    World world;
    world.memory().create_collection(world.context, {"old", "d"});
    world.add("The harbour of old.", "o", Metadata::object(), "old");
    world.add("The harbour of now.", "n");
    world.store.set_space("old", {"other/model", 8});
    const SearchResult found = world.find("harbour");
    CHECK(found.hits.size() == 2);
    REQUIRE(found.notes.size() == 1);
    CHECK(holds(found.notes[0], "'old' (other/model (8 dimensions))"));
    for (const SearchHit& hit : found.hits) {
        CHECK(hit.similarity.has_value() == (hit.filename == "n"));
    }
    SearchQuery query;
    query.text = "harbour";
    query.collection = "old";
    query.mode = SearchMode::vector;
    CHECK(holds(error_of([&] { world.memory().search(world.context, query); }), "other/model"));
    query.mode = SearchMode::hybrid;
    CHECK(world.memory().search(world.context, query).hits.size() == 1);
}

TEST_CASE("search: an explanation accounts for every score and is made only when asked for") {
    World world;
    add_reports(world, 40);
    SearchQuery query;
    query.text = "harbour keeper";
    query.limit = 20;
    query.filter = parse_metadata_filter({{"even", true}});
    CHECK_FALSE(world.memory().search(world.context, query).explanation.has_value());
    query.explain = true;
    for (const SearchMode mode : modes) {
        query.mode = mode;
        const SearchResult result = world.memory().search(world.context, query);
        REQUIRE(result.explanation.has_value());
        CHECK(result.explanation->searched_set == 40);
        CHECK(result.explanation->filter_set == 20);
        CHECK(result.route.path == SearchPath::store);
        REQUIRE_FALSE(result.hits.empty());
        for (const SearchHit& hit : result.hits) {
            REQUIRE(hit.explanation.has_value());
            const double sum = hit.explanation->word_part + hit.explanation->vector_part;
            CHECK((hit.explanation->reserved_place || hit.score == doctest::Approx(sum)));
        }
    }
    CHECK(world.memory().search(world.context, query).explanation->ranked_by == "words");
}

TEST_CASE("search: neighbours join a hit with true offsets") {
    World world;
    std::string content;
    for (int i = 0; i < 6; ++i) {
        content += "## Part " + std::to_string(i) + "\n\n" +
                   std::string(1100, static_cast<char>('a' + i)) + " needle" + std::to_string(i) +
                   " ⛵\n\n";
    }
    const DocumentId id = world.add(content, "Long").document_id;
    SearchQuery query;
    query.text = "needle3";
    query.limit = 1;
    query.mode = SearchMode::keyword;
    const SearchHit alone = world.memory().search(world.context, query).hits.at(0);
    query.context_chunks = 1;
    query.include_source = true;
    query.max_chars = 100;
    const SearchHit joined = world.memory().search(world.context, query).hits.at(0);
    CHECK(joined.chunk.content.size() > alone.chunk.content.size());
    CHECK(holds(joined.chunk.content, "needle2"));
    CHECK(holds(joined.chunk.content, "needle4"));
    const std::string whole =
        world.memory().get_document(world.context, {.document_id = id}).document.content;
    const std::size_t from = byte_offset(whole, *joined.chunk.char_start);
    const std::size_t to = byte_offset(whole, *joined.chunk.char_end);
    CHECK(whole.substr(from, to - from) == joined.chunk.content);
    CHECK(count_code_points(*joined.source_content) == 100);
    CHECK(joined.source_next_offset == 100);
}

TEST_CASE("search: what is wrong is said") {
    World world;
    CHECK(error_of([&] { world.find(" \n"); }) == "Query cannot be empty");
    CHECK(holds(error_of([&] { world.find("x", 0); }), "limit"));
    SearchQuery query;
    query.text = "x";
    query.collection = "no";
    CHECK(error_of([&] { world.memory().search(world.context, query); }) ==
          "Collection 'no' not found");
    CHECK(world.find("nothing is stored").hits.empty());
    add_reports(world, 60);
    CHECK(world.find("report", 9999).hits.size() == 50);
}
