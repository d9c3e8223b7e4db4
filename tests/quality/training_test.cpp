#include "embed/builtin_model.hpp"
#include "embed/model_file.hpp"
#include "model_writer.hpp"
#include "rag/error.hpp"
#include "random.hpp"
#include "taught.hpp"
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

TEST_CASE("training: a row begins where it is known to lie, at its token's length") {
    const auto text = make_text();
    const std::string lines = make_lines(text);
    const auto tokens = static_cast<std::size_t>(std::ranges::count(lines, '\n'));
    std::vector<float> start(2 * tokens);
    start[2 * 5] = 0.6F;
    start[2 * 5 + 1] = -0.8F;
    const Rows rows =
        train(cut_into_bags(text, lines), tokens,
              {.dimensions = 4, .steps = 0, .batch = 24, .block = 12, .start = start, .noise = 0},
              [](std::size_t, double) {});
    const auto row = std::span(rows).subspan(4 * 5, 4);
    CHECK(row[0] > 0);
    CHECK(static_cast<double>(row[1]) == doctest::Approx(static_cast<double>(row[0]) * -0.8 / 0.6));
    CHECK(row[2] == 0);
    CHECK(std::ranges::any_of(std::span(rows).first(4), [](float number) { return number != 0; }));
    start.pop_back();
    CHECK_THROWS_AS(
        train(cut_into_bags(text, lines), tokens, {.dimensions = 4, .start = start}, {}), Error);
}

TEST_CASE("training: texts come to lie where a teacher puts them") {
    const std::string words = "red\nblue\ngreen\n";
    const std::string texts = "red\nblue\ngreen\nunread\n";
    const std::vector<float> vectors{5, 1, 0, 0, 5, 0, 1, 0, 5, 0, 0, 1};
    std::vector<SourceBags> sources{cut_taught({texts, vectors, 1}, 4, words)};
    CHECK(sources[0].left.size() == 3);
    CHECK_THROWS_AS(cut_taught({texts, vectors, 1}, 5, words), Error);
    const Rows rows = train(sources, 3,
                            {.dimensions = 4,
                             .steps = 200,
                             .batch = 3,
                             .block = 3,
                             .learning_rate = 0.05,
                             .warm_up = 1},
                            [](std::size_t, double) {});
    for (std::size_t token = 0; token < 3; ++token) {
        const auto row = std::span(rows).subspan(4 * token, 4);
        CHECK(std::ranges::max_element(row.subspan(1)) - row.begin() ==
              static_cast<std::ptrdiff_t>(token) + 1);
    }
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
    const auto wider = make_vocabulary(
        words, {.tokens = 15, .whole_words = {"low", "hill", "l", "sea"}, .whole_words_max = 2});
    CHECK(wider.size() == 15);
    CHECK(std::ranges::count(wider, "hill") == 1);
}

TEST_CASE("model file: the built-in model is what was exported, and names its sources") {
    const auto bytes = embed::builtin_model_bytes();
    CHECK(embed::has_intact_checksum(bytes));
    const embed::ModelFile model = embed::parse_model_file(bytes);
    CHECK(model.name == embed::builtin_model_name);
    CHECK(model.dimensions == embed::builtin_model_dimensions);
    CHECK(model.manifest.find("\"licence\"") != std::string_view::npos);
    CHECK(bytes.size() < 20'000'000);
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
