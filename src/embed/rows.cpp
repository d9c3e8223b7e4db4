#include "embed/rows.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#if defined(__x86_64__)
#define RAG_TARGET_AVX2 __attribute__((target("avx2,fma")))
#include <immintrin.h>
#endif

namespace rag::embed {

static_assert(std::endian::native == std::endian::little,
              "The model files are little-endian and read in place.");

namespace {

using AddInt8 = void (*)(float*, const std::int8_t*, float, std::size_t);

void add_int8_portable(float* sum, const std::int8_t* row, float factor, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        sum[i] += factor * static_cast<float>(row[i]);
    }
}

#if defined(__x86_64__)
RAG_TARGET_AVX2 void add_int8_avx2(float* sum, const std::int8_t* row, float factor,
                                   std::size_t count) {
    const __m256 factors = _mm256_set1_ps(factor);
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        __m128i codes;
        std::memcpy(&codes, row + i, sizeof codes);
        const __m256 low = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(codes));
        const __m256 high = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(codes, 8)));
        _mm256_storeu_ps(sum + i, _mm256_fmadd_ps(factors, low, _mm256_loadu_ps(sum + i)));
        _mm256_storeu_ps(sum + i + 8, _mm256_fmadd_ps(factors, high, _mm256_loadu_ps(sum + i + 8)));
    }
    for (; i < count; ++i) {
        sum[i] = std::fma(factor, static_cast<float>(row[i]), sum[i]);
    }
}
#endif

AddInt8 choose_add_int8() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return add_int8_avx2;
    }
#endif
    return add_int8_portable;
}

}  // namespace

void add_int8_row(std::span<float> sum, const std::byte* row, float factor) {
    static const AddInt8 add = choose_add_int8();
    add(sum.data(), reinterpret_cast<const std::int8_t*>(row), factor, sum.size());
}

void add_float32_row(std::span<float> sum, const std::byte* row, float factor) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
        float value = 0;
        std::memcpy(&value, row + i * sizeof value, sizeof value);
        sum[i] += factor * value;
    }
}

void add_float16_row(std::span<float> sum, const std::byte* row, float factor) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
        std::uint16_t half = 0;
        std::memcpy(&half, row + i * sizeof half, sizeof half);
        sum[i] += factor * half_to_float(half);
    }
}

float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1FU;
    const std::uint32_t fraction = half & 0x3FFU;
    if (exponent == 0) {
        const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
        return sign != 0 ? -magnitude : magnitude;
    }
    // 112 is the difference of the two formats' exponent biases, 127 - 15.
    const std::uint32_t wide = exponent == 31 ? 255U : exponent + 112U;
    return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

void normalize(std::span<float> vector) {
    double squares = 0;
    for (const float value : vector) {
        squares += static_cast<double>(value) * static_cast<double>(value);
    }
    if (!(squares > 0) || !std::isfinite(squares)) {
        std::fill(vector.begin(), vector.end(), 0.0F);
        return;
    }
    const auto factor = 1.0 / std::sqrt(squares);
    for (float& value : vector) {
        value = static_cast<float>(static_cast<double>(value) * factor);
    }
}

}  // namespace rag::embed
