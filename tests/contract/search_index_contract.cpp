#include "contract/search_index_contract.hpp"

#include "rag/error.hpp"
#include "text/fold.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace rag::contract {
namespace {

constexpr double similarity_tolerance = 0.003;  ///< Stores may keep vectors rounded.
constexpr double score_tolerance = 1e-6;

/// A query of plain terms; one that begins with '-' is a stop term.
WordQuery words(const std::vector<std::string>& terms) {
    WordQuery query;
    for (const std::string& term : terms) {
        const bool stop = term.starts_with('-');
        query.terms.push_back({stop ? term.substr(1) : text::stem_word(term), stop});
    }
    return query;
}

std::vector<ChunkId> ids_of(const Candidates& candidates) {
    std::vector<ChunkId> ids;
    for (const Candidate& candidate : candidates) {
        ids.push_back(candidate.chunk);
    }
    return ids;
}

std::set<ChunkId> set_of(const Candidates& candidates) {
    const auto ids = ids_of(candidates);
    return {ids.begin(), ids.end()};
}

void nearest_comes_by_similarity(StoreUnderTest& tested) {
    const CollectionId id = add_collection(tested.store(), "notes");
    std::vector<ChunkId> chunks;
    for (const double turn : {0.9, 0.1, 0.5}) {
        const auto added = tested.store().add_document(
            {}, make_document(id, "at " + std::to_string(turn), turned(turn)));
        chunks.push_back(added.chunk_ids[0]);
    }
    const SearchScope scope{{id}, {}};
    const auto found = tested.index().nearest({}, scope, test_space(), turned(0), 10);
    CHECK(ids_of(found) == std::vector<ChunkId>{chunks[1], chunks[2], chunks[0]});
    CHECK(found[0].score == doctest::Approx(std::cos(0.05 * 3.14159)).epsilon(0.003));
    CHECK(found[0].text_key == text::fold_key("at " + std::to_string(0.1)));
    CHECK(ids_of(tested.index().nearest({}, scope, test_space(), turned(1), 2)) ==
          std::vector<ChunkId>{chunks[0], chunks[2]});
    CHECK(tested.index().nearest({}, scope, test_space(), turned(0), 0).empty());
    CHECK(tested.index().nearest({}, scope, test_space(), turned(0), SIZE_MAX).size() == 3);
}

void spaces_are_kept_apart(StoreUnderTest& tested) {
    Store& store = tested.store();
    const EmbeddingSpace other{"test/other", 4};
    const EmbeddingSpace wide{"test/four", 8};
    const CollectionId one = add_collection(store, "one");
    const CollectionId two = store.create_collection({}, {"two", "Two", other}).id;
    const auto first = store.add_document({}, make_document(one, "a"));
    const auto second = store.add_document({}, make_document(two, "b"));
    NewDocument bare = make_document(one, "c");
    bare.chunks[0].embedding.clear();
    const auto third = store.add_document({}, bare);
    const SearchScope scope{{one, two}, {}};
    const Vector eight{1, 0, 0, 0, 0, 0, 0, 0};
    CHECK(ids_of(tested.index().nearest({}, scope, test_space(), turned(0), 10)) ==
          first.chunk_ids);
    CHECK(ids_of(tested.index().nearest({}, scope, other, turned(0), 10)) == second.chunk_ids);
    CHECK(tested.index().nearest({}, scope, wide, eight, 10).empty());
    CHECK(tested.index().nearest({}, scope, {"none", 4}, turned(0), 10).empty());
    const std::vector<ChunkId> chunks{third.chunk_ids[0], first.chunk_ids[0], second.chunk_ids[0],
                                      999'999, first.chunk_ids[0]};
    const auto similar = tested.index().similarities({}, test_space(), turned(0), chunks);
    REQUIRE(similar.size() == 5);
    CHECK_FALSE(similar[0]);
    REQUIRE(similar[1]);
    CHECK(*similar[1] == doctest::Approx(1).epsilon(similarity_tolerance));
    CHECK_FALSE(similar[2]);
    CHECK_FALSE(similar[3]);
    CHECK(similar[4] == similar[1]);
    CHECK(tested.index().similarities({}, test_space(), turned(0), {}).empty());
}

void ties_go_by_chunk(StoreUnderTest& tested) {
    const CollectionId id = add_collection(tested.store(), "notes");
    std::vector<ChunkId> chunks;
    for (int i = 0; i < 6; ++i) {
        NewDocument document = make_document(id, "same words");
        document.identity = std::to_string(i);
        chunks.push_back(tested.store().add_document({}, document).chunk_ids[0]);
    }
    const SearchScope scope{{id}, {}};
    const std::vector<ChunkId> three{chunks.begin(), chunks.begin() + 3};
    CHECK(ids_of(tested.index().nearest({}, scope, test_space(), turned(0), 10)) == chunks);
    CHECK(ids_of(tested.index().nearest({}, scope, test_space(), turned(0), 3)) == three);
    CHECK(ids_of(tested.index().best_words({}, scope, words({"same"}), 10).hits) == chunks);
    CHECK(ids_of(tested.index().best_words({}, scope, words({"same"}), 3).hits) == three);
    CHECK(ids_of(tested.index().best_words({}, scope, words({"-same"}), 3).hits) == three);
}

void zero_vectors_are_unrelated(StoreUnderTest& tested) {
    const CollectionId id = add_collection(tested.store(), "notes");
    const auto zero = tested.store().add_document({}, make_document(id, "zero", {0, 0, 0, 0}));
    const auto away = tested.store().add_document({}, make_document(id, "away", {-1, 0, 0, 0}));
    const SearchScope scope{{id}, {}};
    const auto found = tested.index().nearest({}, scope, test_space(), turned(0), 10);
    REQUIRE(found.size() == 2);
    CHECK(found[0].chunk == zero.chunk_ids[0]);
    CHECK(found[0].score == doctest::Approx(0));
    CHECK(found[1].score == doctest::Approx(-1).epsilon(similarity_tolerance));
    const Vector nothing{0, 0, 0, 0};
    const auto all = tested.index().nearest({}, scope, test_space(), nothing, 10);
    CHECK(ids_of(all) == std::vector<ChunkId>{zero.chunk_ids[0], away.chunk_ids[0]});
}

void words_are_found_in_title_headings_and_text(StoreUnderTest& tested) {
    const CollectionId id = add_collection(tested.store(), "notes");
    NewDocument document = make_document(id, "The passage mentions quokkas.");
    document.filename = "Wombat handbook";
    document.chunks[0].heading_path = "Guide > Numbats";
    const auto added = tested.store().add_document({}, document);
    tested.store().add_document({}, make_document(id, "Something else."));
    const SearchScope scope{{id}, {}};
    for (const char* word : {"wombat", "numbats", "quokka"}) {
        CAPTURE(word);
        CHECK(ids_of(tested.index().best_words({}, scope, words({word}), 10).hits) ==
              added.chunk_ids);
    }
    CHECK(tested.index().best_words({}, scope, words({"bilby"}), 10).hits.empty());
    CHECK(tested.index().best_words({}, scope, {}, 10).hits.empty());
    CHECK(tested.index().best_words({}, scope, words({"quokka"}), 0).hits.empty());
    DocumentUpdate retitled;
    retitled.filename = "Bilby handbook";
    retitled.chunks = document.chunks;
    const auto updated = tested.store().update_document({}, added.id, retitled);
    CHECK(ids_of(tested.index().best_words({}, scope, words({"bilby"}), 10).hits) ==
          updated.chunk_ids);
    CHECK(tested.index().best_words({}, scope, words({"wombat"}), 10).hits.empty());
    tested.store().delete_document({}, added.id);
    CHECK(tested.index().best_words({}, scope, words({"quokka"}), 10).hits.empty());
}

void stop_terms_match_and_score_nothing(StoreUnderTest& tested) {
    const CollectionId id = add_collection(tested.store(), "notes");
    const auto both = tested.store().add_document({}, make_document(id, "the rare quokka"));
    const auto stop = tested.store().add_document({}, make_document(id, "the the the other"));
    tested.store().add_document({}, make_document(id, "nothing of it"));
    const SearchScope scope{{id}, {}};
    const auto found = tested.index().best_words({}, scope, words({"-the", "quokka"}), 10);
    CHECK(ids_of(found.hits) == std::vector<ChunkId>{both.chunk_ids[0], stop.chunk_ids[0]});
    REQUIRE(found.hits.size() == 2);
    CHECK(found.hits[0].score > 0);
    CHECK(found.hits[1].score == 0);
    CHECK(found.hits[1].text_key == text::fold_key("the the the other"));
    const auto only_stop = tested.index().best_words({}, scope, words({"-the"}), 10);
    CHECK(set_of(only_stop.hits) == set_of(found.hits));
    if (found.ideal) {
        const auto alone = tested.index().best_words({}, scope, words({"quokka"}), 10);
        CHECK(found.hits[0].score == doctest::Approx(alone.hits.at(0).score));
        CHECK(*found.ideal == doctest::Approx(*alone.ideal));
    }
}

void phrases_stand_together(StoreUnderTest& tested) {
    const CollectionId id = add_collection(tested.store(), "notes");
    const auto right = tested.store().add_document({}, make_document(id, "red green blue"));
    const auto wrong = tested.store().add_document({}, make_document(id, "green red blue"));
    const SearchScope scope{{id}, {}};
    const auto find = [&](const std::vector<std::vector<std::string>>& phrases) {
        WordQuery query = words({"red", "green", "blue"});
        query.phrases = phrases;
        return set_of(tested.index().best_words({}, scope, query, 10).hits);
    };
    const std::string red = text::stem_word("red");
    const std::string green = text::stem_word("green");
    const std::string blue = text::stem_word("blue");
    CHECK(find({}).size() == 2);
    CHECK(find({{red, green}}) == std::set{right.chunk_ids[0]});
    CHECK(find({{red, green, blue}}) == std::set{right.chunk_ids[0]});
    CHECK(find({{red, blue}}) == std::set{wrong.chunk_ids[0]});
    CHECK(find({{red, green}, {red, blue}}).empty());
    CHECK(find({{blue, red}}).empty());
    WordQuery query = words({"red", "green"});
    query.phrases = {{green, red}};
    const std::vector<ChunkId> chunks{right.chunk_ids[0]};
    CHECK(tested.index().word_scores({}, scope, query, chunks).at(0) > 0);
}

void odd_terms_harm_nothing(StoreUnderTest& tested) {
    const CollectionId id = add_collection(tested.store(), "notes");
    const auto added = tested.store().add_document(
        {},
        make_document(id, "it's C:\\temp\\x user@example.com v1.2.3 /etc/hosts \"a\" caf\u00e9"));
    const SearchScope scope{{id}, {}};
    for (const char* text : {"it's", "C:\\temp\\x", "user@example.com", "v1.2.3", "/etc/hosts",
                             "caf\u00e9", "\"etc hosts\""}) {
        CAPTURE(text);
        const WordQuery query = text::parse_word_query(text);
        CHECK(ids_of(tested.index().best_words({}, scope, query, 10).hits) == added.chunk_ids);
    }
    for (const char* term : {"'", "\"", "\\", "a\"b", "a'b", "(", "NOT", "*", "&|!", ":*", "<->"}) {
        CAPTURE(term);
        const WordQuery query{{{term, false}}, {}};
        CHECK(tested.index().best_words({}, scope, query, 10).hits.size() <= 1);
        const std::vector<std::string> stems{term};
        CHECK(tested.index().count_words({}, scope, stems).frequencies.size() == 1);
    }
}

void word_scores_are_those_of_the_list(StoreUnderTest& tested) {
    const CollectionId id = add_collection(tested.store(), "notes");
    const std::vector<std::string> texts{"red red red and long text around it to be long",
                                         "red green", "green", "blue"};
    for (const std::string& text : texts) {
        tested.store().add_document({}, make_document(id, text));
    }
    const SearchScope scope{{id}, {}};
    const WordQuery query = words({"red", "green", "-and"});
    const auto found = tested.index().best_words({}, scope, query, 10);
    CHECK(found.hits.size() == 3);
    std::vector<ChunkId> chunks = ids_of(found.hits);
    chunks.push_back(999'999);
    chunks.push_back(tested.store().get_chunks({}, 4).at(0).id);
    const auto scores = tested.index().word_scores({}, scope, query, chunks);
    REQUIRE(scores.size() == chunks.size());
    for (std::size_t i = 0; i < found.hits.size(); ++i) {
        CHECK(scores[i] == doctest::Approx(found.hits[i].score).epsilon(score_tolerance));
    }
    CHECK(scores[3] == 0);
    CHECK(scores[4] == 0);
    CHECK(tested.index().word_scores({}, scope, query, {}).empty());
    CHECK(tested.index().word_scores({}, scope, {}, chunks) == std::vector<double>(5, 0));
}

/// One collection, so that counts of the scope and of the store are the same.
void scores_are_bm25(StoreUnderTest& tested) {
    const CollectionId id = add_collection(tested.store(), "notes");
    const auto add = [&](const std::string& text) {
        NewDocument document = make_document(id, text);
        document.filename.clear();
        return tested.store().add_document({}, document).chunk_ids[0];
    };
    const ChunkId two = add("red red blue white");
    const ChunkId one = add("red pink");
    add("blue white blue white blue white");
    const SearchScope scope{{id}, {}};
    const auto found = tested.index().best_words({}, scope, words({"red"}), 10);
    CHECK(set_of(found.hits) == std::set{one, two});
    if (!found.ideal) {
        return;
    }
    const double idf = std::log(1 + (3 - 2 + 0.5) / (2 + 0.5));
    const auto score = [&](double frequency, double length) {
        return idf * frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * length / 4));
    };
    CHECK(*found.ideal == doctest::Approx(2.2 * idf));
    CHECK(ids_of(found.hits) == std::vector<ChunkId>{two, one});
    CHECK(found.hits.at(0).score == doctest::Approx(score(2, 4)));
    CHECK(found.hits.at(1).score == doctest::Approx(score(1, 2)));
}

void words_are_counted(StoreUnderTest& tested) {
    const CollectionId id = add_collection(tested.store(), "notes");
    for (const char* text : {"red red", "red green", "blue"}) {
        tested.store().add_document({}, make_document(id, text));
    }
    const std::vector<std::string> stems{text::stem_word("blue"), text::stem_word("red"), "none",
                                         text::stem_word("blue")};
    const auto counted = tested.index().count_words({}, {{id}, {}}, stems);
    CHECK(counted.chunk_count == 3);
    CHECK(counted.frequencies == std::vector<std::int64_t>{1, 2, 0, 1});
    CHECK(tested.index().count_words({}, {{id}, {}}, {}).frequencies.empty());
}

void passages_are_loaded_in_order(StoreUnderTest& tested) {
    const CollectionId id = add_collection(tested.store(), "notes");
    NewDocument document = make_long_document(id, "Long", {"one", "two"});
    document.metadata = {{"team", "db"}};
    document.chunks[1].metadata = {{"page", 2}};
    document.chunks[1].heading_path = "A > B";
    const auto added = tested.store().add_document({}, document);
    const std::vector<ChunkId> ids{added.chunk_ids[1], 999'999, added.chunk_ids[0]};
    const auto passages = tested.index().load({}, ids);
    REQUIRE(passages.size() == 2);
    CHECK(passages[0].chunk.id == added.chunk_ids[1]);
    CHECK(passages[0].chunk.document_id == added.id);
    CHECK(passages[0].chunk.content == "two");
    CHECK(passages[0].chunk.char_start == 3);
    CHECK(passages[0].chunk.char_end == 6);
    CHECK(passages[0].chunk.chunk_index == 1);
    CHECK(passages[0].chunk.heading_path == "A > B");
    CHECK(passages[0].chunk.metadata == document.chunks[1].metadata);
    CHECK(passages[0].filename == "Long");
    CHECK(passages[0].file_type == "text");
    CHECK(passages[0].document_metadata == document.metadata);
    CHECK(passages[1].chunk.content == "one");
    CHECK(tested.index().load({}, {}).empty());
}

void shared_chunks_are_found_once(StoreUnderTest& tested) {
    const CollectionId one = add_collection(tested.store(), "one");
    const CollectionId two = add_collection(tested.store(), "two");
    const CollectionId three = add_collection(tested.store(), "three");
    const auto added = tested.store().add_document({}, make_document(one, "red"));
    tested.share(added.id, two);
    tested.store().update_document({}, added.id, make_change("red"));
    for (const auto& collections :
         {std::vector{one, two}, std::vector{two}, std::vector{one, one}}) {
        const SearchScope scope{collections, {}};
        CHECK(ids_of(tested.index().nearest({}, scope, test_space(), turned(0), 10)) ==
              added.chunk_ids);
        CHECK(ids_of(tested.index().best_words({}, scope, words({"red"}), 10).hits) ==
              added.chunk_ids);
        CHECK(tested.index().count({}, scope) == 1);
    }
    const SearchScope elsewhere{{three}, {}};
    CHECK(tested.index().nearest({}, elsewhere, test_space(), turned(0), 10).empty());
    CHECK(tested.index().best_words({}, elsewhere, words({"red"}), 10).hits.empty());
    CHECK(tested.index().count({}, elsewhere) == 0);
}

}  // namespace

const std::vector<Promise>& search_promises() {
    static const std::vector<Promise> promises{
        {"the nearest come by similarity", nearest_comes_by_similarity},
        {"spaces are kept apart", spaces_are_kept_apart},
        {"ties go by chunk id", ties_go_by_chunk},
        {"zero vectors are unrelated to everything", zero_vectors_are_unrelated},
        {"words are found in title, headings and text", words_are_found_in_title_headings_and_text},
        {"stop terms match and score nothing", stop_terms_match_and_score_nothing},
        {"phrases stand together", phrases_stand_together},
        {"odd terms harm nothing", odd_terms_harm_nothing},
        {"word scores are those of the list", word_scores_are_those_of_the_list},
        {"scores are BM25", scores_are_bm25},
        {"words are counted", words_are_counted},
        {"passages are loaded in order", passages_are_loaded_in_order},
        {"a shared chunk is found once", shared_chunks_are_found_once},
    };
    return promises;
}

void check_search_index(const MakeStore& make) {
    check_promises(search_promises(), make);
    for (const unsigned seed : {1U, 2U}) {
        check_against_fake(*make(), seed);
    }
}

}  // namespace rag::contract
