#include "embed/model_file.hpp"
#include "model_writer.hpp"
#include "rag/error.hpp"
#include "random.hpp"
#include "trainer.hpp"
#include "vocabulary_maker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace rag;
using namespace rag::training;

namespace {

/// Words that mean the same in every pair, and words between them that mean nothing.
std::vector<SourcePairs> make_text() {
    const std::vector<std::pair<std::string, std::string>> meanings{
        {"red", "scarlet"}, {"house", "building"}, {"car", "vehicle"},   {"quick", "rapid"},
        {"child", "kid"},   {"begin", "start"},    {"ocean", "sea"},     {"stone", "rock"},
        {"forest", "wood"}, {"doctor", "medic"},   {"angry", "furious"}, {"money", "cash"}};
    std::vector<SourcePairs> sources{{"meanings", 1, {}}};
    Random random(3);
    for (std::uint64_t round = 0; round < 40; ++round) {
        for (std::size_t i = 0; i < meanings.size(); ++i) {
            const std::string noise = round % 2 == 0 ? "the thing" : "some other one";
            sources[0].pairs.push_back(
                {i, meanings[i].first + ' ' + noise, meanings[i].second + " it is"});
        }
    }
    return sources;
}

std::string make_lines(const std::vector<SourcePairs>& text) {
    WordCounts words;
    for (const TextPair& pair : text[0].pairs) {
        words.add(pair.left);
        words.add(pair.right);
    }
    std::string lines;
    for (const std::string& token : make_vocabulary(words, {.tokens = 400})) {
        lines += token + '\n';
    }
    return lines;
}

const std::vector<TextSource> origin{{.name = "test", .licence = "CC0-1.0", .attribution = "us"}};

std::string make_model() {
    const auto text = make_text();
    const std::string lines = make_lines(text);
    const auto bags = cut_into_bags(text, lines);
    const auto tokens = static_cast<std::size_t>(std::ranges::count(lines, '\n'));
    const Rows rows = train(bags, tokens,
                            {.dimensions = 16,
                             .steps = 300,
                             .batch = 24,
                             .block = 12,
                             .learning_rate = 0.03,
                             .warm_up = 5},
                            [](std::size_t, double) {});
    return write_model({"static-test", lines, rows, origin});
}

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

TEST_CASE("training: the same text gives the same file twice") {
    const std::string model = make_model();
    CHECK(model == make_model());
    CHECK(embed::has_intact_checksum(bytes_of(model)));
}

TEST_CASE("training: words that stand for each other come to lie close") {
    const std::string bytes = make_model();
    const embed::ModelFile file = embed::parse_model_file(bytes_of(bytes));
    CHECK(file.name == "static-test");
    CHECK(file.manifest.find("CC0-1.0") != std::string_view::npos);
    embed::StaticModel model({"builtin/static-test", 16}, file.files, {});
    const auto similarity = [&](const std::string& a, const std::string& b) {
        const std::vector<std::string> texts{a, b};
        const auto vectors = model.embed_passages({}, texts);
        double sum = 0;
        for (std::size_t i = 0; i < 16; ++i) {
            sum += static_cast<double>(vectors[0][i]) * static_cast<double>(vectors[1][i]);
        }
        return sum;
    };
    CHECK(similarity("red", "scarlet") > similarity("red", "sea") + 0.3);
    CHECK(similarity("ocean", "sea") > similarity("ocean", "kid") + 0.3);
}

TEST_CASE("training: a batch that is no multiple of its blocks is refused") {
    CHECK_THROWS_AS(train({}, 0, {.batch = 100, .block = 33}, {}), Error);
    CHECK_THROWS_AS(train({}, 0, {.batch = 32, .block = 32}, {}), Error);
}

TEST_CASE("vocabulary: characters first, then what occurs together most") {
    WordCounts words;
    for (int i = 0; i < 60; ++i) {
        words.add("Lower low, lowest! 42");
    }
    const auto tokens = make_vocabulary(words, {.tokens = 100});
    const auto has = [&](const char* token) { return std::ranges::count(tokens, token) == 1; };
    CHECK(has("l"));
    CHECK(has("##w"));
    CHECK(has("low"));
    CHECK(has("lowest"));
    CHECK(has("42"));
    CHECK_FALSE(has("!"));
    CHECK(make_vocabulary(words, {.tokens = 12}).size() == 12);
}

TEST_CASE("model file: what was changed or cut is noticed") {
    std::string bytes = make_model();
    const std::string cut = bytes.substr(0, bytes.size() - 1);
    CHECK_THROWS_AS(embed::parse_model_file(bytes_of(cut)), Error);
    CHECK_THROWS_AS(embed::parse_model_file(bytes_of("RAGMODEL")), Error);
    CHECK_THROWS_AS(embed::parse_model_file({}), Error);
    bytes[bytes.size() - 3] ^= 1;
    CHECK_FALSE(embed::has_intact_checksum(bytes_of(bytes)));
    bytes[9] = 2;
    CHECK_THROWS_AS(embed::parse_model_file(bytes_of(bytes)), Error);
}
