#include "base/int8_dot.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace rag {
namespace {

using Dot = std::int32_t (*)(const std::int16_t*, const std::int8_t*, std::size_t);

struct Kernel {
    Dot dot;
    std::string_view name;
};

#if defined(__x86_64__)
__attribute__((target("avx2"))) std::int32_t dot_avx2(const std::int16_t* query,
                                                      const std::int8_t* codes,
                                                      std::size_t dimensions) {
    __m256i low = _mm256_setzero_si256();
    __m256i high = _mm256_setzero_si256();
    std::size_t i = 0;
    for (; i + 32 <= dimensions; i += 32) {
        __m128i bytes[2];
        __m256i words[2];
        std::memcpy(bytes, codes + i, sizeof bytes);
        std::memcpy(words, query + i, sizeof words);
        low = _mm256_add_epi32(low, _mm256_madd_epi16(words[0], _mm256_cvtepi8_epi16(bytes[0])));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(words[1], _mm256_cvtepi8_epi16(bytes[1])));
    }
    const __m256i both = _mm256_add_epi32(low, high);
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
    return _mm_cvtsi128_si32(sum) + dot_int8_portable(query + i, codes + i, dimensions - i);
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) std::int32_t dot_avx512(
    const std::int16_t* query, const std::int8_t* codes, std::size_t dimensions) {
    __m512i low = _mm512_setzero_si512();
    __m512i high = _mm512_setzero_si512();
    std::size_t i = 0;
    for (; i + 64 <= dimensions; i += 64) {
        __m256i bytes[2];
        __m512i words[2];
        std::memcpy(bytes, codes + i, sizeof bytes);
        std::memcpy(words, query + i, sizeof words);
        low = _mm512_dpwssd_epi32(low, words[0], _mm512_cvtepi8_epi16(bytes[0]));
        high = _mm512_dpwssd_epi32(high, words[1], _mm512_cvtepi8_epi16(bytes[1]));
    }
    return _mm512_reduce_add_epi32(_mm512_add_epi32(low, high)) +
           dot_int8_portable(query + i, codes + i, dimensions - i);
}
#elif defined(__ARM_NEON)
std::int32_t dot_neon(const std::int16_t* query, const std::int8_t* codes,
                      std::size_t dimensions) {
    int32x4_t low = vdupq_n_s32(0);
    int32x4_t high = vdupq_n_s32(0);
    std::size_t i = 0;
    for (; i + 8 <= dimensions; i += 8) {
        const int16x8_t words = vld1q_s16(query + i);
        const int16x8_t bytes = vmovl_s8(vld1_s8(codes + i));
        low = vmlal_s16(low, vget_low_s16(words), vget_low_s16(bytes));
        high = vmlal_s16(high, vget_high_s16(words), vget_high_s16(bytes));
    }
    return vaddvq_s32(vaddq_s32(low, high)) +
           dot_int8_portable(query + i, codes + i, dimensions - i);
}
#endif

Kernel choose_kernel() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vnni")) {
        return {dot_avx512, "avx512"};
    }
    if (__builtin_cpu_supports("avx2")) {
        return {dot_avx2, "avx2"};
    }
#elif defined(__ARM_NEON)
    return {dot_neon, "neon"};
#endif
    return {dot_int8_portable, "portable"};
}

const Kernel& kernel() {
    static const Kernel chosen = choose_kernel();
    return chosen;
}

float largest_magnitude(std::span<const float> vector) {
    float largest = 0;
    for (const float value : vector) {
        if (!std::isfinite(value)) {
            return 0;
        }
        largest = std::max(largest, std::abs(value));
    }
    return largest;
}

}  // namespace

float quantize(std::span<const float> vector, std::span<std::int8_t> codes) {
    const float largest = largest_magnitude(vector);
    const float scale = largest / 127.0F;
    if (!(scale > 0)) {
        std::fill(codes.begin(), codes.end(), std::int8_t{0});
        return 0;
    }
    for (std::size_t i = 0; i < vector.size(); ++i) {
        const float step = std::nearbyint(vector[i] / scale);
        codes[i] = static_cast<std::int8_t>(std::clamp(step, -127.0F, 127.0F));
    }
    return scale;
}

Int8Vector quantize(std::span<const float> vector) {
    Int8Vector result;
    result.codes.resize(vector.size());
    result.scale = quantize(vector, result.codes);
    return result;
}

Int16Query prepare_query(std::span<const float> vector) {
    Int16Query query;
    query.codes.resize(vector.size());
    const float largest = largest_magnitude(vector);
    if (!(largest > 0)) {
        return query;
    }
    double squares = 0;
    for (const float value : vector) {
        squares += static_cast<double>(value) * static_cast<double>(value);
    }
    // By Cauchy and Schwarz no partial sum exceeds |query| * |codes| <= |query| * 127 * sqrt(d);
    // the rounding of the query adds at most 0.5 * sqrt(d) to its length.
    const auto dimensions = static_cast<double>(vector.size());
    const double length_max = 2147483647.0 / (127.0 * std::sqrt(dimensions)) -
                              std::sqrt(dimensions);
    const double factor =
        std::min(length_max / std::sqrt(squares), 32767.0 / static_cast<double>(largest));
    for (std::size_t i = 0; i < vector.size(); ++i) {
        query.codes[i] =
            static_cast<std::int16_t>(std::nearbyint(static_cast<double>(vector[i]) * factor));
    }
    query.scale = static_cast<float>(1.0 / factor);
    return query;
}

std::int32_t dot_int8_portable(const std::int16_t* query, const std::int8_t* codes,
                               std::size_t dimensions) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < dimensions; ++i) {
        sum += static_cast<std::int32_t>(query[i]) * static_cast<std::int32_t>(codes[i]);
    }
    return sum;
}

std::int32_t dot_int8(const std::int16_t* query, const std::int8_t* codes,
                      std::size_t dimensions) {
    return kernel().dot(query, codes, dimensions);
}

void dot_int8_rows(const std::int16_t* query, const std::int8_t* rows, std::size_t dimensions,
                   std::span<std::int32_t> sums) {
    const Dot dot = kernel().dot;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        sums[i] = dot(query, rows + i * dimensions, dimensions);
    }
}

std::string_view int8_dot_kernel() { return kernel().name; }

}  // namespace rag
