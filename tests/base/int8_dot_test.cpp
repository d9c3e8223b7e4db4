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

TEST_CASE("int8 dot: the chosen kernel gives the sum of the plain loop at every length") {
    std::mt19937 random(7);
    std::uniform_int_distribution<int> code(-127, 127);
    for (std::size_t dimensions = 0; dimensions < 200; ++dimensions) {
        std::vector<std::int16_t> query(dimensions);
        std::vector<std::int8_t> codes(dimensions);
        for (std::size_t i = 0; i < dimensions; ++i) {
            query[i] = static_cast<std::int16_t>(code(random) * 200);
            codes[i] = static_cast<std::int8_t>(code(random));
        }
        CHECK(rag::dot_int8(query.data(), codes.data(), dimensions) ==
              rag::dot_int8_portable(query.data(), codes.data(), dimensions));
    }
}

TEST_CASE("int8 dot: similarities from 256 dimensions on are within 0.002 of those of floats") {
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
            const auto codes = rag::quantize(b);
            const auto query = rag::prepare_query(a);
            const auto sum = rag::dot_int8(query.codes.data(), codes.codes.data(), dimensions);
            const double got = static_cast<double>(sum) * static_cast<double>(codes.scale) *
                               static_cast<double>(query.scale);
            off += std::abs(got - exact) < 0.002 ? 0 : 1;
        }
        CHECK(off <= pairs / 1000);
    }
}

TEST_CASE("int8 dot: the sum fits for the longest vectors and the worst query") {
    for (const std::size_t dimensions : {1U, 4096U, 16384U}) {
        const std::vector<float> same(dimensions, 1.0F / std::sqrt(static_cast<float>(dimensions)));
        const auto codes = rag::quantize(same);
        const auto query = rag::prepare_query(same);
        const auto sum = rag::dot_int8(query.codes.data(), codes.codes.data(), dimensions);
        const double got = static_cast<double>(sum) * static_cast<double>(codes.scale) *
                           static_cast<double>(query.scale);
        CHECK(got == doctest::Approx(1.0).epsilon(0.002));
    }
}

TEST_CASE("int8 dot: rounding twice changes nothing, and zeros or infinities become zeros") {
    std::mt19937 random(3);
    const auto vector = random_unit(random, 512);
    const auto once = rag::quantize(vector);
    std::vector<float> back(vector.size());
    for (std::size_t i = 0; i < back.size(); ++i) {
        back[i] = once.scale * static_cast<float>(once.codes[i]);
    }
    CHECK(rag::quantize(back).codes == once.codes);
    const std::vector<float> zeros(8, 0.0F);
    CHECK(rag::quantize(zeros).scale == 0.0F);
    const std::vector<float> infinite(8, INFINITY);
    CHECK(rag::quantize(infinite).scale == 0.0F);
    CHECK(rag::prepare_query(infinite).scale == 0.0F);
}
