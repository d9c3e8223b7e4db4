#include "base/int8_dot.hpp"

#include <doctest/doctest.h>

#include <random>
#include <vector>

TEST_CASE("int8 dot: the chosen kernel gives the sum of the plain loop at every length") {
    std::mt19937 random(7);
    std::uniform_int_distribution<int> code(-127, 127);
    for (std::size_t dimensions = 0; dimensions < 200; ++dimensions) {
        std::vector<std::int16_t> query(dimensions);
        std::vector<std::int8_t> codes(dimensions);
        for (std::size_t i = 0; i < dimensions; ++i) {
            query[i] = static_cast<std::int16_t>(code(random) * 64);
            codes[i] = static_cast<std::int8_t>(code(random));
        }
        CHECK(rag::dot_int8(codes.data(), query.data(), dimensions) ==
              rag::dot_int8_portable(codes.data(), query.data(), dimensions));
    }
}

TEST_CASE("int8 dot: two rows of codes give the sum of the plain loop at every length") {
    std::mt19937 random(8);
    std::uniform_int_distribution<int> code(-127, 127);
    for (std::size_t dimensions = 0; dimensions < 200; ++dimensions) {
        std::vector<std::int8_t> a(dimensions);
        std::vector<std::int8_t> b(dimensions);
        for (std::size_t i = 0; i < dimensions; ++i) {
            a[i] = static_cast<std::int8_t>(code(random));
            b[i] = static_cast<std::int8_t>(code(random));
        }
        CHECK(rag::dot_int8_codes(a.data(), b.data(), dimensions) ==
              rag::dot_int8_codes_portable(a.data(), b.data(), dimensions));
    }
    const std::vector<std::int8_t> low(rag::dot_size_max, std::int8_t{-127});
    CHECK(rag::dot_int8_codes(low.data(), low.data(), low.size()) ==
          static_cast<std::int32_t>(low.size()) * 127 * 127);
}

TEST_CASE("int8 dot: the sum fits for the longest vectors and the largest codes") {
    for (const std::size_t size : {std::size_t{1}, std::size_t{4096}, rag::dot_size_max}) {
        const std::vector<std::int16_t> query(size, rag::query_code_max);
        const std::vector<std::int8_t> codes(size, std::int8_t{-127});
        CHECK(rag::dot_int8(codes.data(), query.data(), size) ==
              static_cast<std::int64_t>(size) * -127 * rag::query_code_max);
    }
}

TEST_CASE("int8 dot: an arm64 machine has the kernel that is made for it") {
#if defined(__aarch64__)
    CHECK(rag::int8_dot_kernel() == "neon");
#else
    CHECK(rag::int8_dot_kernel() != "neon");
#endif
}
