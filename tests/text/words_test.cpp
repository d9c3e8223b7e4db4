#include "text/words.hpp"

#include "base/utf8.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <thread>

using namespace rag::text;
using Terms = std::vector<std::string>;

namespace {

bool holds(const Terms& terms, const std::string& term) {
    return std::find(terms.begin(), terms.end(), term) != terms.end();
}

std::vector<std::string> names(const rag::WordQuery& query) {
    std::vector<std::string> out;
    for (const rag::QueryTerm& term : query.terms) {
        out.push_back(term.term);
    }
    return out;
}

}  // namespace

TEST_CASE("words: plain words are folded and stemmed, stop words included") {
    CHECK(index_terms("The passwords ROTATED, every 90 days!") ==
          Terms{"the", "password", "rotat", "everi", "90", "day"});
    CHECK(index_terms("") == Terms{});
    CHECK(index_terms(" ... -- !? \n") == Terms{});
    CHECK(stem_word("Rotated") == "rotat");
    CHECK(stem_word("") == "");
}

TEST_CASE("words: identifiers are kept whole and given in parts") {
    CHECK(index_terms("readFile") == Terms{"readfil", "read", "file"});
    CHECK(index_terms("foo_bar") == Terms{"foo_bar", "foo", "bar"});
    CHECK(index_terms("HTTPServer") == Terms{"httpserver", "http", "server"});
    CHECK(index_terms("parseURLs") == Terms{"parseurl", "pars", "url"});
    CHECK(index_terms("PDFs") == Terms{"pdfs"});
    CHECK(index_terms("utf8") == Terms{"utf8", "utf", "8"});
    CHECK(index_terms("std::vector<int>") == Terms{"std::vector", "std", "vector", "int"});
    CHECK(index_terms("well-known") == Terms{"well-known", "well", "known"});
    CHECK(index_terms("__init__") == Terms{"init"});
    CHECK(index_terms("snakeCase_mixed") ==
          Terms{"snakecase_mixed", "snakecas", "snake", "case", "mix"});
    CHECK(index_terms("a1b2c3d4e5") == Terms{"a1b2c3d4e5"});
}

TEST_CASE("words: versions, paths, addresses and numbers are kept whole and given in parts") {
    CHECK(index_terms("v1.2.3") == Terms{"v1.2.3", "v1", "2", "3"});
    CHECK(index_terms("/etc/hosts") == Terms{"etc/hosts", "etc", "host"});
    CHECK(index_terms("user@example.com.") == Terms{"user@example.com", "user", "exampl", "com"});
    CHECK(index_terms("https://example.com/docs?q=1") ==
          Terms{"https://example.com/docs", "https", "exampl", "com", "doc", "q", "1"});
    CHECK(index_terms("10:30 and 1,000") == Terms{"10:30", "10", "30", "and", "1,000", "1", "000"});
    CHECK(index_terms("yes, no") == Terms{"yes", "no"});
    CHECK(index_terms("C++ or C# (see .NET)") == Terms{"c++", "c", "or", "c#", "c", "see", "net"});
}

TEST_CASE("words: apostrophes, straight or curly, leave the word that counts") {
    CHECK(index_terms("Alice's they're don't") == Terms{"alic", "they", "don't"});
    CHECK(index_terms("Alice’s they’re don’t") == index_terms("Alice's they're don't"));
    CHECK(index_terms("'quoted'") == Terms{"quot"});
    CHECK(index_terms("O'Brien") == Terms{"o", "brien"});
}

TEST_CASE("words: accents, compatibility forms and case beyond ASCII do not count") {
    CHECK(index_terms("Café naïve Øre Łódź") == Terms{"cafe", "naiv", "ore", "lodz"});
    CHECK(index_terms("Cafe\xCC\x81") == Terms{"cafe"});
    CHECK(index_terms("STRASSE") == index_terms("Straße"));
    CHECK(index_terms("ＲＥＡＤ ﬁle") == Terms{"read", "file"});
    CHECK(index_terms("МОСКВА Москва") == Terms{"москва", "москва"});
    CHECK(index_terms("ΛΌΓΟΣ λόγος") == Terms{"λογοσ", "λογοσ"});
    CHECK(index_terms("co\xC2\xADoperate\xE2\x80\x94now") == Terms{"cooper", "now"});
}

TEST_CASE("words: scripts without spaces become bigrams, a lone character stays") {
    CHECK(index_terms("東京都") == Terms{"東京", "京都"});
    CHECK(index_terms("水") == Terms{"水"});
    CHECK(index_terms("Python入門3月") == Terms{"python", "入門", "3", "月"});
    CHECK(index_terms("한국어") == Terms{"한국", "국어"});
    CHECK(index_terms("ｶﾞｽ") == Terms{"ガス"});
    CHECK(index_terms("ไทย") == Terms{"ไท", "ทย"});
}

TEST_CASE("words: no term is longer than the maximum, and none is cut inside a character") {
    for (const Terms& terms :
         {index_terms(std::string(100'000, 'a')),
          index_terms(std::string(3'000, 'a') + "/" + std::string(3'000, 'b')), index_terms([] {
              std::string text;
              for (int i = 0; i < 1'000; ++i) {
                  text += "\xD0\x96";
              }
              return text + "x";
          }())}) {
        CHECK_FALSE(terms.empty());
        for (const std::string& term : terms) {
            CHECK(term.size() <= term_bytes_max);
            CHECK(rag::is_utf8(term));
        }
    }
}

TEST_CASE("words: any bytes give legal terms, the same each time and on each thread") {
    std::mt19937 random(7);
    const Terms pieces{"a",        "Zz",       "9",
                       "_",        ".",        "'s",
                       "\"",       " ",        "\n",
                       "-",        "東",       "ß",
                       "\xCC\x81", "\xFF",     "é",
                       "ๆ",        "/",        "::",
                       "https://", "İ",        "\xE2\x80\x8B",
                       "“",        "”",        "’t",
                       "n't",      "가",       "\xF0\x9F\x98\x80",
                       "ﷺ",        "\xC2\xA8", "x@y"};
    for (int round = 0; round < 3'000; ++round) {
        std::string text;
        for (auto left = random() % 40; left > 0; --left) {
            text += pieces[random() % pieces.size()];
        }
        CAPTURE(text);
        const Terms terms = index_terms(text);
        for (const std::string& term : terms) {
            REQUIRE_FALSE(term.empty());
            REQUIRE(term.size() <= term_bytes_max);
            REQUIRE(rag::is_utf8(term));
            REQUIRE(term.find_first_of(" \t\n\r") == std::string::npos);
        }
        const rag::WordQuery query = parse_word_query(text);
        REQUIRE(query.empty() == terms.empty());
        for (const rag::QueryTerm& term : query.terms) {
            REQUIRE(holds(terms, term.term));
        }
    }
    const std::string text = "Running runners ran to the naïve café in 東京";
    const Terms expected = index_terms(text);
    std::vector<Terms> seen(4);
    std::vector<std::thread> threads;
    for (Terms& terms : seen) {
        threads.emplace_back([&terms, &text] { terms = index_terms(text); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (const Terms& terms : seen) {
        CHECK(terms == expected);
    }
}

TEST_CASE("query: distinct terms, stop words marked") {
    const rag::WordQuery query =
        parse_word_query("How often do the passwords rotate, the Passwords?");
    CHECK(names(query) == Terms{"how", "often", "do", "the", "password", "rotat"});
    CHECK(query.terms[0].stop);
    CHECK_FALSE(query.terms[1].stop);
    CHECK(query.terms[3].stop);
    CHECK_FALSE(query.terms[4].stop);
    CHECK(query.phrases.empty());
    CHECK(parse_word_query("").empty());
    CHECK(parse_word_query("?! \"\"").empty());
}

TEST_CASE("query: stop words alone are words like any other") {
    const rag::WordQuery query = parse_word_query("to be or not to be");
    CHECK(names(query) == Terms{"to", "be", "or", "not"});
    for (const rag::QueryTerm& term : query.terms) {
        CHECK_FALSE(term.stop);
    }
}

TEST_CASE("query: quoted parts are phrases, unmatched quotes and inches are not") {
    CHECK(parse_word_query("find \"production database\" now").phrases ==
          std::vector<Terms>{{"product", "databas"}});
    CHECK(parse_word_query("“all men” and \"are created\"").phrases ==
          std::vector<Terms>{{"all", "men"}, {"are", "creat"}});
    CHECK(parse_word_query("say \"hello").phrases.empty());
    CHECK(parse_word_query("a 5\" pipe and a 6\" pipe").phrases.empty());
    // The parts alone, so that it matches inside of a longer identifier too.
    CHECK(parse_word_query("\"readFile\"").phrases == std::vector<Terms>{{"read", "file"}});
}

TEST_CASE("query: a long question is cut at the maximum of terms") {
    std::string text = "\"";
    for (int i = 0; i < 5'000; ++i) {
        text += "w" + std::to_string(i) + " ";
    }
    text.back() = '"';
    const rag::WordQuery query = parse_word_query(text);
    CHECK(query.terms.size() == query_terms_max);
    REQUIRE(query.phrases.size() == 1);
    CHECK(query.phrases[0].size() == query_terms_max);
}

TEST_CASE("stop words: function words are, words with a meaning are not") {
    for (const char* word : {"the", "a", "of", "don't", "yourself", "how"}) {
        CHECK(is_stop_word(word));
    }
    for (const char* word : {"", "password", "The", "database", "zebra"}) {
        CHECK_FALSE(is_stop_word(word));
    }
}
