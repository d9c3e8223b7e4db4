#include "contract/search_index_contract.hpp"
#include "support/fake_store.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

namespace rag::contract {
namespace {

constexpr double similarity_tolerance = 0.003;
constexpr double score_tolerance = 1e-6;
constexpr int documents_made = 60;
constexpr int questions_asked = 40;

using nlohmann::json;

/// Random data and questions; the same for the same seed.
class Maker {
public:
    explicit Maker(unsigned seed) : engine_(seed) {}

    std::size_t below(std::size_t count) { return engine_() % count; }

    template <class List>
    const auto& pick(const List& list) {
        return *(list.begin() + static_cast<std::ptrdiff_t>(below(list.size())));
    }

    std::string text() {
        static const std::vector<std::string> vocabulary{
            "red",  "green",  "blue", "the",      "rotate", "rotated", "keys", "key", "database",
            "café", "v1.2.3", "of",   "readFile", "apple",  "apples",  "東京", "x"};
        std::string text;
        for (std::size_t i = 1 + below(12); i > 0; --i) {
            text += (text.empty() ? "" : " ") + pick(vocabulary);
        }
        return text;
    }

    Vector vector() {
        std::normal_distribution<float> normal;
        Vector vector(4);
        float length = 0;
        for (float& component : vector) {
            component = normal(engine_);
            length += component * component;
        }
        for (float& component : vector) {
            component /= std::sqrt(length);
        }
        return vector;
    }

    json value() {
        static const std::vector<json> values{1,
                                              1.0,
                                              2,
                                              2.5,
                                              -3,
                                              "a",
                                              "b",
                                              "",
                                              "é",
                                              true,
                                              false,
                                              nullptr,
                                              json::array(),
                                              json::array({1, "a"}),
                                              json::array({"b", json{{"x", 1}}}),
                                              json::object(),
                                              json{{"x", 1}},
                                              json{{"x", json::array({1, 2})}, {"y", "a"}},
                                              9007199254740993,
                                              18446744073709551615ULL,
                                              1e300,
                                              0,
                                              "1",
                                              json::array({json::array({1})})};
        return pick(values);
    }

    Metadata metadata() {
        Metadata metadata = Metadata::object();
        for (std::size_t i = below(4); i > 0; --i) {
            metadata[pick(keys())] = value();
        }
        return metadata;
    }

    /// An argument that parse_metadata_filter reads.
    json filter() {
        json filter = json::object();
        for (std::size_t i = below(3); i > 0; --i) {
            filter[pick(keys())] = condition();
        }
        return filter;
    }

private:
    static const std::vector<std::string>& keys() {
        static const std::vector<std::string> all{"k", "team", "ü ?'\"\\", "n"};
        return all;
    }

    json ordered() {
        static const std::vector<json> values{1, 2.5, -3, 0, "a", "é", "", 9007199254740993, 1e300};
        return pick(values);
    }

    json condition() {
        switch (below(8)) {
            case 0: return {{"$in", {value(), value()}}};
            case 1: return {{"$gt", ordered()}};
            case 2: return {{"$gte", ordered()}};
            case 3: return {{"$lt", ordered()}};
            case 4: return {{"$lte", ordered()}};
            case 5: return {{"$ne", value()}};
            case 6: return {{"$exists", below(2) == 0}};
            default: return value();
        }
    }

    std::mt19937 engine_;
};

/// The tested store and the fake one, with what each calls the same chunk.
struct Pair {
    StoreUnderTest& tested;
    test::FakeStore fake;
    std::vector<CollectionId> collections;                     ///< The same ids in both.
    std::vector<std::pair<DocumentId, DocumentId>> documents;  ///< Tested, fake.
    std::map<ChunkId, ChunkId> fake_chunk;                     ///< By the tested one.

    explicit Pair(StoreUnderTest& store) : tested(store) {}

    void pair_chunks(const std::vector<ChunkId>& real, const std::vector<ChunkId>& plain) {
        REQUIRE(real.size() == plain.size());
        for (std::size_t i = 0; i < real.size(); ++i) {
            fake_chunk[real[i]] = plain[i];
        }
    }
};

NewDocument make_random(Maker& maker, CollectionId collection, int number) {
    std::vector<std::string> texts;
    for (std::size_t i = 1 + maker.below(4); i > 0; --i) {
        texts.push_back(maker.text());
    }
    NewDocument document = make_long_document(collection, maker.text(), texts);
    document.identity = std::to_string(number);
    document.metadata = maker.metadata();
    for (NewChunk& chunk : document.chunks) {
        chunk.metadata = maker.below(3) == 0 ? maker.metadata() : Metadata::object();
        chunk.embedding = maker.below(10) == 0 ? Vector() : maker.vector();
    }
    return document;
}

void fill(Pair& pair, Maker& maker) {
    for (const char* name : {"one", "two", "three"}) {
        pair.collections.push_back(add_collection(pair.tested.store(), name));
        REQUIRE(add_collection(pair.fake, name) == pair.collections.back());
    }
    for (int i = 0; i < documents_made; ++i) {
        const NewDocument document = make_random(maker, maker.pick(pair.collections), i);
        const auto real = pair.tested.store().add_document({}, document);
        const auto plain = pair.fake.add_document({}, document);
        pair.pair_chunks(real.chunk_ids, plain.chunk_ids);
        pair.documents.emplace_back(real.id, plain.id);
    }
}

void disturb(Pair& pair, Maker& maker) {
    for (int i = 0; i < documents_made / 3; ++i) {
        const std::size_t at = maker.below(pair.documents.size());
        const auto [real, plain] = pair.documents[at];
        if (maker.below(3) == 0) {
            CHECK(pair.tested.store().delete_document({}, real));
            CHECK(pair.fake.delete_document({}, plain));
            pair.documents.erase(pair.documents.begin() + static_cast<std::ptrdiff_t>(at));
            continue;
        }
        DocumentUpdate update;
        update.metadata = maker.metadata();
        if (maker.below(2) == 0) {
            const NewDocument other = make_random(maker, 0, 0);
            update.content = {other.content, other.file_size, other.content_hash};
            update.chunks = other.chunks;
        }
        const auto changed = pair.tested.store().update_document({}, real, update);
        const auto expected = pair.fake.update_document({}, plain, update);
        CHECK(changed.changed == expected.changed);
        pair.pair_chunks(changed.chunk_ids, expected.chunk_ids);
    }
}

/// `found` are the best `count` of `all` (the fake's complete list), whichever of those that score
/// alike; where scores mean nothing (`tolerance` null), any of them.
void check_list(const Pair& pair, const Candidates& found, const Candidates& all, std::size_t count,
                std::optional<double> tolerance) {
    const std::size_t expected = std::min(count, all.size());
    REQUIRE(found.size() == expected);
    std::map<ChunkId, const Candidate*> by_chunk;
    for (const Candidate& candidate : all) {
        by_chunk[candidate.chunk] = &candidate;
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto match = by_chunk.find(pair.fake_chunk.at(found[i].chunk));
        REQUIRE(match != by_chunk.end());
        CHECK(found[i].text_key == match->second->text_key);
        if (tolerance) {
            CHECK(std::abs(found[i].score - match->second->score) <= *tolerance);
            CHECK(match->second->score >= all[expected - 1].score - 2 * *tolerance);
        }
        if (i > 0) {
            const bool ordered =
                found[i - 1].score > found[i].score ||
                (found[i - 1].score == found[i].score && found[i - 1].chunk < found[i].chunk);
            CHECK(ordered);
        }
        by_chunk.erase(match);
    }
}

void ask(Pair& pair, Maker& maker) {
    std::vector<CollectionId> collections{maker.pick(pair.collections)};
    if (maker.below(2) == 0) {
        collections.push_back(maker.pick(pair.collections));
    }
    const json filter = maker.filter();
    CAPTURE(filter.dump());
    const SearchScope scope{collections, parse_metadata_filter(filter)};
    const std::size_t count = maker.below(3) == 0 ? 1000 : 1 + maker.below(20);
    const Vector query = maker.vector();
    const auto near_all = pair.fake.nearest({}, scope, test_space(), query, SIZE_MAX);
    const auto near = pair.tested.index().nearest({}, scope, test_space(), query, count);
    check_list(pair, near, near_all, count, similarity_tolerance);

    std::string question = maker.text();
    if (maker.below(3) == 0) {
        question += " \"" + maker.text().substr(0, 8) + "\"";
    }
    CAPTURE(question);
    const WordQuery words = text::parse_word_query(question);
    const auto words_all = pair.fake.best_words({}, scope, words, SIZE_MAX);
    const auto best = pair.tested.index().best_words({}, scope, words, count);
    std::optional<double> tolerance;
    if (best.ideal) {
        tolerance = score_tolerance;
        CHECK(*best.ideal == doctest::Approx(*words_all.ideal));
    }
    check_list(pair, best.hits, words_all.hits, count, tolerance);

    CHECK(pair.tested.index().count({}, scope) == pair.fake.count({}, scope));
    const DocumentQuery listed{collections, scope.filter, 1000, 0};
    const DocumentPage page = pair.tested.store().list_documents({}, listed);
    CHECK(page.total_count == pair.fake.list_documents({}, listed).total_count);
    CHECK(page.total_count == static_cast<std::int64_t>(page.documents.size()));
}

}  // namespace

void check_against_fake(StoreUnderTest& tested, unsigned seed) {
    INFO("seed: ", seed);
    Maker maker(seed);
    Pair pair(tested);
    fill(pair, maker);
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < questions_asked; ++i) {
            ask(pair, maker);
        }
        disturb(pair, maker);
    }
    CHECK(tested.store().status({}).chunk_count == pair.fake.status({}).chunk_count);
}

}  // namespace rag::contract
