#include "base/int8_dot.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rag {
namespace {

std::int64_t dot_portable(const std::int8_t* codes, const std::int16_t* query, std::size_t size) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
        sum += std::int32_t{codes[i]} * std::int32_t{query[i]};
    }
    return sum;
}

#if defined(__x86_64__)

/// Sixteen products a step; each 32-bit lane takes size / 16 sums of two products.
__attribute__((target("avx2"))) std::int64_t dot_avx2(const std::int8_t* codes,
                                                      const std::int16_t* query,
                                                      std::size_t size) {
    __m256i sums = _mm256_setzero_si256();
    std::size_t i = 0;
    for (; i + 16 <= size; i += 16) {
        const __m256i wide =
            _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + i)));
        const __m256i asked = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query + i));
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(wide, asked));
    }
    alignas(32) std::int32_t lanes[8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), sums);
    std::int64_t sum = dot_portable(codes + i, query + i, size - i);
    for (const std::int32_t lane : lanes) {
        sum += lane;
    }
    return sum;
}

const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;

#endif

}  // namespace

std::int64_t dot_int8(const std::int8_t* codes, const std::int16_t* query, std::size_t size) {
#if defined(__x86_64__)
    if (has_avx2) {
        return dot_avx2(codes, query, size);
    }
#endif
    return dot_portable(codes, query, size);
}

}  // namespace rag
