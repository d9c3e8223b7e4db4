#include "index/quantize.hpp"

#include "base/int8_dot.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

namespace {

std::vector<float> random_unit(std::mt19937& random, std::size_t dimensions) {
    std::normal_distribution<float> normal;
    std::vector<float> vector(dimensions);
    double squares = 0;
    for (float& value : vector) {
        value = normal(random);
        squares += static_cast<double>(value) * static_cast<double>(value);
    }
    for (float& value : vector) {
        value = static_cast<float>(static_cast<double>(value) / std::sqrt(squares));
    }
    return vector;
}

}  // namespace

TEST_CASE("quantize: similarities from 256 dimensions on are within 0.002 of those of floats") {
    std::mt19937 random(11);
    for (const std::size_t dimensions : {256U, 384U, 512U, 1536U}) {
        int off = 0;
        const int pairs = 4000;
        for (int pair = 0; pair < pairs; ++pair) {
            const auto a = random_unit(random, dimensions);
            auto b = random_unit(random, dimensions);
            const float share = static_cast<float>(pair % 10) / 10.0F;
            double exact = 0;
            for (std::size_t i = 0; i < dimensions; ++i) {
                b[i] = share * a[i] + (1 - share) * b[i];
                exact += static_cast<double>(a[i]) * static_cast<double>(b[i]);
            }
            std::vector<std::int8_t> codes(dimensions);
            const float scale = rag::index::quantize(b, codes);
            const auto query = rag::index::prepare_query(a);
            const auto sum = rag::dot_int8(codes.data(), query.codes.data(), dimensions);
            const double got = static_cast<double>(sum) * static_cast<double>(scale) *
                               static_cast<double>(query.scale);
            off += std::abs(got - exact) < 0.002 ? 0 : 1;
        }
        CHECK(off <= pairs / 1000);
    }
}

TEST_CASE("quantize: rounding twice changes nothing, and zeros or infinities become zeros") {
    std::mt19937 random(3);
    const auto vector = random_unit(random, 512);
    std::vector<std::int8_t> once(vector.size());
    const float scale = rag::index::quantize(vector, once);
    std::vector<float> back(vector.size());
    for (std::size_t i = 0; i < back.size(); ++i) {
        back[i] = scale * static_cast<float>(once[i]);
    }
    std::vector<std::int8_t> twice(vector.size());
    (void)rag::index::quantize(back, twice);
    CHECK(twice == once);
    const std::vector<float> zeros(8, 0.0F);
    CHECK(rag::index::quantize(zeros, std::span(once).first(8)) == 0.0F);
    const std::vector<float> infinite(8, INFINITY);
    CHECK(rag::index::quantize(infinite, std::span(once).first(8)) == 0.0F);
    CHECK(rag::index::prepare_query(infinite).scale == 0.0F);
}
