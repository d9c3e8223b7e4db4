#include "embed/word_runs.hpp"

#include "embed/builtin_model.hpp"
#include "embed/vocabulary.hpp"
#include "embed/word_piece.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace rag;
using namespace rag::embed;

namespace {

using Words = std::vector<std::string>;

Words words_of(std::string_view text) {
    Words words;
    for_each_word(text, [&](std::string_view word) { words.emplace_back(word); });
    return words;
}

Words pieces_of(std::string_view word, std::string_view lines, const WordPieceOptions& options) {
    const Vocabulary vocabulary(lines);
    std::vector<TokenId> tokens;
    WordPiece(vocabulary, options).append_tokens(word, tokens);
    Words pieces;
    for (const TokenId token : tokens) {
        pieces.emplace_back(vocabulary.text(token));
    }
    return pieces;
}

}  // namespace

TEST_CASE("word runs: letters, digits and single symbols are words of their own") {
    CHECK(words_of("") == Words{});
    CHECK(words_of(" \t\n") == Words{});
    CHECK(words_of("The quick, brown fox!") == Words{"the", "quick", ",", "brown", "fox", "!"});
    CHECK(words_of("v1.2.3-rc4") == Words{"v", "1", ".", "2", ".", "3", "-", "rc", "4"});
    CHECK(words_of("x86_64") == Words{"x", "86", "_", "64"});
    CHECK(words_of("...") == Words{".", ".", "."});
}

TEST_CASE("word runs: identifiers are cut where the case rises") {
    CHECK(words_of("readFile") == Words{"read", "file"});
    CHECK(words_of("parseHTTPHeader") == Words{"parse", "http", "header"});
    CHECK(words_of("IEnumerable") == Words{"i", "enumerable"});
    CHECK(words_of("PostgreSQL") == Words{"postgre", "sql"});
    CHECK(words_of("HTTP") == Words{"http"});
    CHECK(words_of("Ab") == Words{"ab"});
    CHECK(words_of("A1B") == Words{"a", "1", "b"});
    CHECK(words_of("ÀÉîtreÉtat") == Words{"a", "eitre", "etat"});
}

TEST_CASE("word runs: accents, ligatures and full-width forms are folded") {
    CHECK(words_of("Café naïve") == Words{"cafe", "naive"});
    CHECK(words_of("Cafe\xCC\x81s") == Words{"cafes"});
    CHECK(words_of("ﬁle") == Words{"file"});
    CHECK(words_of("x²") == Words{"x", "2"});
    CHECK(words_of("ＡＢ１") == Words{"ab", "1"});
    CHECK(words_of("docu\xC2\xADment") == Words{"document"});
    CHECK(words_of("a\xC2\xA0z") == Words{"a", "z"});
    CHECK(words_of("it’s") == Words{"it", "’", "s"});
}

TEST_CASE("word runs: bytes that are no UTF-8 are symbols") {
    CHECK(words_of("a\xFFz").size() == 3);
    CHECK(words_of("\xE2\x82").size() == 2);
    CHECK(words_of(std::string_view("a\0z", 3)) == Words{"a", "z"});
}

TEST_CASE("word piece: the longest token that fits comes first") {
    constexpr std::string_view lines = "un\nunaff\n##aff\n##able\n##ab\n##le\nable\n##a\n";
    CHECK(pieces_of("unaffable", lines, {}) == Words{"unaff", "##able"});
    CHECK(pieces_of("unable", lines, {}) == Words{"un", "##able"});
    CHECK(pieces_of("able", lines, {}) == Words{"able"});
    CHECK(pieces_of("", lines, {}) == Words{});
}

TEST_CASE("word piece: what is no token is left out, or spoils its word") {
    constexpr std::string_view lines = "un\n##able\nz";
    CHECK(pieces_of("unXable", lines, {}) == Words{"un", "##able"});
    CHECK(pieces_of("un\xC3\xA9\xC3\xA9"
                    "able",
                    lines, {}) == Words{"un", "##able"});
    WordPieceOptions strict{.unknown = UnknownPart::drop_word};
    CHECK(pieces_of("unXable", lines, strict) == Words{});
    CHECK(pieces_of("unable", lines, strict) == Words{"un", "##able"});
    CHECK(pieces_of("z", lines, strict) == Words{"z"});
    strict.word_characters_max = 5;
    CHECK(pieces_of("unable", lines, strict) == Words{});
}

TEST_CASE("word piece: no token is longer than the limit of characters") {
    const std::string long_token(30, 'r');
    const std::string lines = long_token + "\nr\n##r\n";
    CHECK(pieces_of(long_token, lines, {}).size() == 30);
    CHECK(pieces_of(long_token, lines, {.piece_characters_max = 30}) == Words{long_token});
}

TEST_CASE("vocabulary: every token of the built-in model is found under its own number") {
    const Vocabulary vocabulary(builtin_model_files().vocabulary);
    REQUIRE(vocabulary.size() == 36000);
    TokenId wrong = 0;
    for (TokenId token = 0; token < vocabulary.size(); ++token) {
        wrong += vocabulary.find(vocabulary.text(token)) == token ? 0U : 1U;
    }
    CHECK(wrong == 0);
    CHECK(vocabulary.find("") == no_token);
    CHECK(vocabulary.find("surely-no-token") == no_token);
}

TEST_CASE("vocabulary: empty and equal lines keep their numbers") {
    const Vocabulary vocabulary("a\n\nb\na\nc");
    CHECK(vocabulary.size() == 5);
    CHECK(vocabulary.find("a") == 0);
    CHECK(vocabulary.find("b") == 2);
    CHECK(vocabulary.find("c") == 4);
    CHECK(vocabulary.find("") == no_token);
    CHECK(Vocabulary("").size() == 0);
    CHECK(Vocabulary("").find("a") == no_token);
}
