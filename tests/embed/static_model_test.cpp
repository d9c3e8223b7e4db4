#include "embed/static_model.hpp"

#include "contract/embedder_contract.hpp"
#include "embed/builtin_model.hpp"
#include "embed/rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>

using namespace rag;
using namespace rag::embed;

namespace {

double similarity(Embedder& model, std::string_view query, const std::string& passage) {
    const CallContext context;
    const Vector asked = model.embed_query(context, query, {});
    return contract::dot(asked, model.embed_passages(context, std::span(&passage, 1)).front());
}

std::string make_rows(const std::vector<float>& scales, const std::vector<std::int8_t>& codes) {
    std::string bytes(scales.size() * sizeof(float) + codes.size(), '\0');
    std::memcpy(bytes.data(), scales.data(), scales.size() * sizeof(float));
    std::memcpy(bytes.data() + scales.size() * sizeof(float), codes.data(), codes.size());
    return bytes;
}

StaticModelFiles files_of(std::string_view vocabulary, const std::string& rows) {
    return {vocabulary, std::as_bytes(std::span(rows.data(), rows.size()))};
}

}  // namespace

TEST_CASE("built-in model: keeps to what every embedder keeps to") {
    const auto model = make_builtin_model();
    CHECK(model->space() == EmbeddingSpace{"builtin/static-en-512-3", 512});
    contract::check_embedder(*model);
}

TEST_CASE("built-in model: questions find the passages that answer in other words") {
    const auto model = make_builtin_model();
    struct Case {
        std::string question;
        std::string answer;
    };
    const std::vector<Case> cases{
        {"how often do credentials for the live DB change",
         "Production database password is rotated every 90 days"},
        {"what should I do when the app freezes at startup",
         "If the program hangs while launching, delete its settings folder and open it again."},
        {"who pays for damaged goods in transit",
         "The carrier is liable for items broken during shipment."},
        {"how can I make the web page load quicker",
         "Compress images and enable browser caching to improve site performance."},
        {"symptoms of high blood sugar",
         "Patients with diabetes often report thirst, fatigue and frequent urination."},
        {"is it possible to work from home",
         "Employees may do their job remotely up to three days a week."},
    };
    // A static model knows no phrase such as "in transit", so one miss of six is allowed; the first
    // question is the one that the model was made for.
    std::size_t found = 0;
    for (const Case& asked : cases) {
        CAPTURE(asked.question);
        const double right = similarity(*model, asked.question, asked.answer);
        const auto others_above = std::ranges::count_if(cases, [&](const Case& other) {
            return other.answer != asked.answer &&
                   similarity(*model, asked.question, other.answer) >= right;
        });
        CHECK(right > model->fusion().default_threshold);
        CHECK((&asked != &cases.front() || others_above == 0));
        found += others_above == 0 ? 1U : 0U;
    }
    CHECK(found >= 5);
}

TEST_CASE("built-in model: cuts text into the tokens it was trained on") {
    const auto model = make_builtin_model();
    using Tokens = std::vector<std::string_view>;
    CHECK(model->tokens_of("The database, readFile()") ==
          Tokens{"the", "database", "read", "file"});
    CHECK(model->tokens_of("Café") == model->tokens_of("cafe"));
    CHECK(model->tokens_of("PostgreSQL") == Tokens{"postgre", "sql"});
    CHECK(model->tokens_of("!?").empty());
}

TEST_CASE("built-in model: a question in a script that it cannot read has no vector") {
    const auto model = make_builtin_model();
    const auto length = [&](std::string_view text) {
        const Vector vector = model->embed_query({}, text, {});
        return contract::dot(vector, vector);
    };
    for (const char* unreadable : {"东京1999年发生了什么", "เกิดอะไรขึ้นในปี 1999",
                                   "ماذا حدث في عام 1999", "Что было в 1999 году"}) {
        CAPTURE(unreadable);
        CHECK(length(unreadable) == 0);
    }
    for (const char* readable : {"Straße nach Köln", "ø", "1999", "what does 東京 mean"}) {
        CAPTURE(readable);
        CHECK((length(readable) > 0.99) == (std::string_view(readable) != "ø"));
    }
}

TEST_CASE("static model: a text is the sum of its distinct tokens' rows, weighed by ln tf") {
    const std::string rows = make_rows({0.5F, 2.0F}, {2, 0, 4, 0, 3, 4});
    StaticModel model({"test/tiny", 3}, files_of("a\nb\n", rows), {});
    const CallContext context;
    const std::vector<std::string> texts{"a b b", "B a b", "c"};
    const std::vector<Vector> vectors = model.embed_passages(context, texts);
    const double b = 1.0 + std::log(2.0);
    const double length = std::hypot(1.0, 6.0 * b, 2.0 + 8.0 * b);
    CHECK(vectors[0][0] == doctest::Approx(1.0 / length));
    CHECK(vectors[0][1] == doctest::Approx(6.0 * b / length));
    CHECK(vectors[0][2] == doctest::Approx((2.0 + 8.0 * b) / length));
    CHECK(vectors[1] == vectors[0]);
    CHECK(vectors[2] == Vector{0, 0, 0});
}

TEST_CASE("static model: a query's tokens are weighed by the rarity of their words' stems") {
    const std::string rows = make_rows({1.0F, 1.0F}, {100, 0, 0, 100});
    StaticModel model({"test/tiny", 2}, files_of("rotated\nwater\n", rows), {});
    const CallContext context;
    int calls = 0;
    const CountWords count = [&](std::span<const std::string> stems) {
        ++calls;
        REQUIRE(stems.size() == 2);
        CHECK(stems[0] == "rotat");
        CHECK(stems[1] == "water");
        return WordStatistics{.chunk_count = 1000, .frequencies = {0, 500}};
    };
    const Vector vector = model.embed_query(context, "rotated unknownword water", count);
    CHECK(calls == 1);
    const double rare = query_weight(0, 1000);
    const double common = query_weight(500, 1000);
    CHECK(rare == doctest::Approx(std::log(2002.0) / std::log(1001.0)));
    CHECK(common == doctest::Approx(std::log(2.0) / std::log(1001.0)));
    CHECK(vector[0] / vector[1] == doctest::Approx(rare / common).epsilon(1e-5));
}

TEST_CASE("static model: without statistics all words of a query weigh the same") {
    const std::string rows = make_rows({1.0F, 1.0F}, {100, 0, 0, 100});
    StaticModel model({"test/tiny", 2}, files_of("rotated\nwater\n", rows), {});
    const CallContext context;
    const CountWords nothing_stored = [](std::span<const std::string> stems) {
        return WordStatistics{.chunk_count = 0,
                              .frequencies = std::vector<std::int64_t>(stems.size())};
    };
    const Vector plain = model.embed_query(context, "rotated water", {});
    CHECK(plain[0] == doctest::Approx(plain[1]));
    CHECK(model.embed_query(context, "rotated water", nothing_stored) == plain);
}

TEST_CASE("static model: files that do not fit each other are refused") {
    const std::string rows = make_rows({1.0F, 1.0F}, {100, 0, 0, 100});
    CHECK_THROWS_AS(StaticModel({"test/tiny", 3}, files_of("a\nb\n", rows), {}), Error);
    CHECK_THROWS_AS(StaticModel({"test/tiny", 2}, files_of("a\n", rows), {}), Error);
    CHECK_THROWS_AS(StaticModel({"test/tiny", 0}, files_of("a\nb\n", rows), {}), Error);
}

TEST_CASE("static model: many threads may embed at once") {
    const auto model = make_builtin_model();
    const CallContext context;
    const auto& texts = contract::sample_texts();
    const std::vector<Vector> expected = model->embed_passages(context, texts);
    std::atomic<int> wrong{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int round = 0; round < 50; ++round) {
                    wrong += model->embed_passages(context, texts) == expected ? 0 : 1;
                    wrong += model->embed_query(context, texts[0], {}).size() == 512 ? 0 : 1;
                }
            });
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("rows: all formats and lengths add up") {
    for (const std::size_t count : {1U, 7U, 16U, 33U, 512U}) {
        std::vector<float> sum(count, 1.0F);
        std::vector<std::int8_t> codes(count);
        for (std::size_t i = 0; i < count; ++i) {
            codes[i] = static_cast<std::int8_t>(static_cast<int>(i % 256) - 128);
        }
        add_int8_row(sum, reinterpret_cast<const std::byte*>(codes.data()), 0.25F);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < count; ++i) {
            wrong += sum[i] == 1.0F + 0.25F * static_cast<float>(codes[i]) ? 0U : 1U;
        }
        CHECK(wrong == 0);
    }
    CHECK(half_to_float(0x3C00) == 1.0F);
    CHECK(half_to_float(0xC000) == -2.0F);
    CHECK(half_to_float(0x0001) == std::ldexp(1.0F, -24));
    CHECK(half_to_float(0x7BFF) == 65504.0F);
    CHECK(std::isinf(half_to_float(0xFC00)));
}
