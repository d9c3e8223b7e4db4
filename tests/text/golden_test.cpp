// Pages as real generators write them, against what a reader would take from them
// (tests/fixtures/docs/*.html, tests/fixtures/golden/*.md).

#include "text/html.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
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

double f1(const std::string& expected, const std::string& actual) {
    const auto count = [](const std::map<std::string, int>& words) {
        int sum = 0;
        for (const auto& [word, times] : words) {
            sum += times;
        }
        return sum;
    };
    const auto wanted = words_of(expected);
    const auto found = words_of(actual);
    int common = 0;
    for (const auto& [word, times] : wanted) {
        const auto same = found.find(word);
        common += same == found.end() ? 0 : std::min(times, same->second);
    }
    return 2.0 * common / (count(wanted) + count(found));
}

std::string extract(const std::string& name) {
    return read_html(read_file(fixtures / "docs" / (name + ".html")), "").extracted.text;
}

std::string golden(const std::string& name) {
    return read_file(fixtures / "golden" / (name + ".md"));
}

std::set<std::string> page_names() {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(fixtures / "docs")) {
        if (entry.path().extension() == ".html") {
            names.insert(entry.path().stem().string());
        }
    }
    return names;
}

}  // namespace

TEST_CASE("golden: the words of every page are those that a reader would take from it") {
    const std::set<std::string> names = page_names();
    REQUIRE(names.size() >= 12);
    double sum = 0;
    for (const std::string& name : names) {
        const std::string actual = extract(name);
        const double score = f1(golden(name), actual);
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
