#pragma once

#include "rag/embedder.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stop_token>
#include <string>
#include <vector>

/// What every Embedder keeps to. A test file calls `check_embedder` with one of its kind.
namespace rag::contract {

inline double dot(const Vector& a, const Vector& b) {
    REQUIRE(a.size() == b.size());
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    return sum;
}

inline double length(const Vector& vector) {
    return std::sqrt(dot(vector, vector));
}

/// Compares up to what rounding may do: a vector may be summed in another order.
inline bool nearly_equal(const Vector& a, const Vector& b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](float x, float y) {
               return std::fabs(x - y) < 1e-6F;
           });
}

inline const std::vector<std::string>& sample_texts() {
    static const std::vector<std::string> texts{
        "Production database password is rotated every 90 days.",
        "Water boils at a lower temperature on a mountain.",
        "",
        "The deployment runs from a branch that is protected.",
        " \n\t ",
        "Water boils at a lower temperature on a mountain.",
    };
    return texts;
}

inline ErrorCode code_of(Embedder& embedder, const CallContext& context) {
    try {
        embedder.embed_passages(context, sample_texts());
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::internal;
}

/// `embedder` must know the words of sample_texts().
inline void check_embedder(Embedder& embedder) {
    const CallContext context;
    const auto& texts = sample_texts();
    const auto dimensions = static_cast<std::size_t>(embedder.space().dimensions);

    SUBCASE("the space has a name and dimensions") {
        CHECK(embedder.space().model.find('/') != std::string::npos);
        CHECK(embedder.space().dimensions > 0);
        CHECK(embedder.fusion().dense_weight > 0);
    }
    SUBCASE("one vector of unit length for each text, zeros for a blank one") {
        const std::vector<Vector> vectors = embedder.embed_passages(context, texts);
        REQUIRE(vectors.size() == texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i) {
            CAPTURE(i);
            CHECK(vectors[i].size() == dimensions);
            const bool blank = texts[i].find_first_not_of(" \n\t") == std::string::npos;
            CHECK(length(vectors[i]) == doctest::Approx(blank ? 0.0 : 1.0).epsilon(1e-4));
        }
    }
    SUBCASE("no text gives no vector") {
        CHECK(embedder.embed_passages(context, {}).empty());
    }
    SUBCASE("the order is the texts' order, and equal texts have equal vectors") {
        const std::vector<Vector> vectors = embedder.embed_passages(context, texts);
        REQUIRE(vectors.size() == texts.size());
        CHECK(nearly_equal(vectors[1], vectors[5]));
        CHECK_FALSE(nearly_equal(vectors[0], vectors[1]));
        std::vector<std::string> reversed(texts.rbegin(), texts.rend());
        std::vector<Vector> back = embedder.embed_passages(context, reversed);
        REQUIRE(back.size() == texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i) {
            CHECK(nearly_equal(back[texts.size() - 1 - i], vectors[i]));
        }
    }
    SUBCASE("a batch gives what single texts give") {
        const std::vector<Vector> vectors = embedder.embed_passages(context, texts);
        REQUIRE(vectors.size() == texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::vector<Vector> single =
                embedder.embed_passages(context, std::span(&texts[i], 1));
            REQUIRE(single.size() == 1);
            CHECK(nearly_equal(single[0], vectors[i]));
        }
    }
    SUBCASE("a question has a vector of the same space") {
        const Vector query = embedder.embed_query(context, texts[0], {});
        CHECK(query.size() == dimensions);
        CHECK(length(query) == doctest::Approx(1.0).epsilon(1e-4));
        CHECK(nearly_equal(query, embedder.embed_query(context, texts[0], {})));
        const Vector blank = embedder.embed_query(context, "  ", {});
        CHECK(blank.size() == dimensions);
        CHECK(length(blank) == 0.0);
    }
    SUBCASE("a call that was cancelled or is too late ends") {
        std::stop_source source;
        source.request_stop();
        CallContext stopped;
        stopped.stop = source.get_token();
        CHECK(code_of(embedder, stopped) == ErrorCode::cancelled);
        CallContext late;
        late.deadline = SteadyTime::min();
        CHECK(code_of(embedder, late) == ErrorCode::deadline_exceeded);
    }
}

}  // namespace rag::contract
