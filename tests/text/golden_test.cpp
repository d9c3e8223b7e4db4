// Pages as real generators write them, against what a reader would take from them. What the reader
// of pages was made with stands in tests/fixtures/docs/*.html and tests/fixtures/golden/*.md; what
// it is judged by, and nobody tunes it to, in tests/fixtures/judged.

#include "text/html.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

using namespace rag::text;

namespace {

namespace fs = std::filesystem;

const fs::path fixtures = fs::path(RAG_SOURCE_DIR) / "tests/fixtures";

std::string read_file(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    REQUIRE(stream.good());
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Words with their number, those of link targets too. Markdown's own signs are no words.
std::map<std::string, int> words_of(const std::string& markdown) {
    std::map<std::string, int> words;
    std::string word;
    for (const char c : markdown + " ") {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || byte >= 0x80) {
            word.push_back(static_cast<char>(std::tolower(byte)));
        } else if (!word.empty()) {
            ++words[std::exchange(word, {})];
        }
    }
    return words;
}

/// What is seen of a Markdown text: without the targets of links and the names of code's languages.
std::string seen_in(const std::string& markdown) {
    static const std::regex target(R"re(\]\([^)\n]*\))re");
    static const std::regex fence(R"re((^|\n)```\w+)re");
    return std::regex_replace(std::regex_replace(markdown, target, "]"), fence, "\n```");
}

/// By words with their number.
struct Score {
    double precision = 0;  ///< Of what was taken, how much a reader would take.
    double recall = 0;     ///< Of what a reader would take, how much was taken.

    double f1() const { return 2 * precision * recall / (precision + recall); }
};

Score score_of(const std::string& expected, const std::string& actual) {
    const auto count = [](const std::map<std::string, int>& words) {
        int sum = 0;
        for (const auto& [word, times] : words) {
            sum += times;
        }
        return sum;
    };
    const auto wanted = words_of(expected);
    const auto found = words_of(actual);
    double common = 0;
    for (const auto& [word, times] : wanted) {
        const auto same = found.find(word);
        common += same == found.end() ? 0 : std::min(times, same->second);
    }
    return {common / count(found), common / count(wanted)};
}

std::string extract(const std::string& name) {
    return read_html(read_file(fixtures / "docs" / (name + ".html")), "").extracted.text;
}

std::string golden(const std::string& name) {
    return read_file(fixtures / "golden" / (name + ".md"));
}

std::set<std::string> page_names(const std::string& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(fixtures / folder)) {
        if (entry.path().extension() == ".html") {
            names.insert(entry.path().stem().string());
        }
    }
    return names;
}

}  // namespace

TEST_CASE("golden: the words of every page are those that a reader would take from it") {
    const std::set<std::string> names = page_names("docs");
    REQUIRE(names.size() >= 12);
    double sum = 0;
    for (const std::string& name : names) {
        const std::string actual = extract(name);
        const double score = score_of(golden(name), actual).f1();
        sum += score;
        INFO(name, "\n", actual);
        MESSAGE(name, ": word F1 ", score);
        CHECK(score >= 0.90);
    }
    const double mean = sum / static_cast<double>(names.size());
    MESSAGE("mean word F1 ", mean);
    CHECK(mean >= 0.95);
}

TEST_CASE("golden: Markdown comes out to the letter") {
    for (const std::string name :
         {"sphinx", "mkdocs-material", "docusaurus", "jekyll-blog", "news-article", "wordpress",
          "mediawiki", "hugo", "div-soup", "old-tables", "github-readme"}) {
        INFO(name);
        CHECK(extract(name) == golden(name));
    }
}

TEST_CASE("golden: pages that the reader of pages was not made with are read as well") {
    const std::set<std::string> names = page_names("judged");
    REQUIRE(names.size() >= 12);
    Score mean;
    for (const std::string& name : names) {
        const fs::path page = fixtures / "judged" / (name + ".html");
        const fs::path truth = fixtures / "judged" / (name + ".md");
        const std::string actual = read_html(read_file(page), "").extracted.text;
        const Score score = score_of(seen_in(read_file(truth)), seen_in(actual));
        INFO(name, "\n", actual);
        MESSAGE(name, ": precision ", score.precision, ", recall ", score.recall, ", F1 ",
                score.f1());
        CHECK(score.f1() >= 0.85);
        mean.precision += score.precision / static_cast<double>(names.size());
        mean.recall += score.recall / static_cast<double>(names.size());
    }
    MESSAGE("judged, mean of ", names.size(), " pages: precision ", mean.precision, ", recall ",
            mean.recall);
    CHECK(mean.precision >= 0.95);
    CHECK(mean.recall >= 0.95);
}
