#include "base/int8_dot.hpp"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace rag {
namespace {

/// How far ahead rows are asked for: machines do not see by themselves that a page follows.
constexpr std::size_t prefetched_bytes = 3072;

using Dot = std::int64_t (*)(const std::int8_t*, const std::int16_t*, std::size_t);
using DotCodes = std::int32_t (*)(const std::int8_t*, const std::int8_t*, std::size_t);

struct Kernel {
    Dot dot;
    DotCodes dot_codes;
    std::string_view name;
};

#if defined(__x86_64__)

/// Sixteen products a step; each 32-bit lane takes size / 16 sums of two products.
__attribute__((target("avx2"))) std::int64_t dot_avx2(const std::int8_t* codes,
                                                      const std::int16_t* query, std::size_t size) {
    __m256i sums = _mm256_setzero_si256();
    std::size_t i = 0;
    for (; i + 16 <= size; i += 16) {
        const __m256i wide =
            _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + i)));
        const __m256i asked = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query + i));
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(wide, asked));
    }
    const __m256i low = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums));
    const __m256i high = _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums, 1));
    const __m256i four = _mm256_add_epi64(low, high);
    const __m128i two =
        _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    return _mm_extract_epi64(two, 0) + _mm_extract_epi64(two, 1) +
           dot_int8_portable(codes + i, query + i, size - i);
}

__attribute__((target("avx2"))) std::int32_t dot_codes_avx2(const std::int8_t* a,
                                                            const std::int8_t* b,
                                                            std::size_t size) {
    __m256i sums = _mm256_setzero_si256();
    std::size_t i = 0;
    for (; i + 16 <= size; i += 16) {
        const __m256i left =
            _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i)));
        const __m256i right =
            _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i)));
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(left, right));
    }
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    four = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    return _mm_extract_epi32(four, 0) + _mm_extract_epi32(four, 1) +
           dot_int8_codes_portable(a + i, b + i, size - i);
}

/// As dot_avx2 with 32 products in one instruction, in two chains that run side by side.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) std::int64_t dot_avx512(
    const std::int8_t* codes, const std::int16_t* query, std::size_t size) {
    __m512i even = _mm512_setzero_si512();
    __m512i odd = _mm512_setzero_si512();
    std::size_t i = 0;
    for (; i + 64 <= size; i += 64) {
        const auto* bytes = reinterpret_cast<const __m256i*>(codes + i);
        even = _mm512_dpwssd_epi32(even, _mm512_loadu_si512(query + i),
                                   _mm512_cvtepi8_epi16(_mm256_loadu_si256(bytes)));
        odd = _mm512_dpwssd_epi32(odd, _mm512_loadu_si512(query + i + 32),
                                  _mm512_cvtepi8_epi16(_mm256_loadu_si256(bytes + 1)));
    }
    const __m512i sums = _mm512_add_epi32(even, odd);
    const __m512i low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(sums));
    const __m512i high = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sums, 1));
    return _mm512_reduce_add_epi64(_mm512_add_epi64(low, high)) +
           dot_int8_portable(codes + i, query + i, size - i);
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) std::int32_t dot_codes_avx512(
    const std::int8_t* a, const std::int8_t* b, std::size_t size) {
    __m512i even = _mm512_setzero_si512();
    __m512i odd = _mm512_setzero_si512();
    std::size_t i = 0;
    for (; i + 64 <= size; i += 64) {
        const auto* left = reinterpret_cast<const __m256i*>(a + i);
        const auto* right = reinterpret_cast<const __m256i*>(b + i);
        even = _mm512_dpwssd_epi32(even, _mm512_cvtepi8_epi16(_mm256_loadu_si256(left)),
                                   _mm512_cvtepi8_epi16(_mm256_loadu_si256(right)));
        odd = _mm512_dpwssd_epi32(odd, _mm512_cvtepi8_epi16(_mm256_loadu_si256(left + 1)),
                                  _mm512_cvtepi8_epi16(_mm256_loadu_si256(right + 1)));
    }
    return _mm512_reduce_add_epi32(_mm512_add_epi32(even, odd)) +
           dot_int8_codes_portable(a + i, b + i, size - i);
}

#elif defined(__ARM_NEON)

std::int32_t dot_codes_neon(const std::int8_t* a, const std::int8_t* b, std::size_t size) {
    int32x4_t sums = vdupq_n_s32(0);
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        sums = vpadalq_s16(sums, vmull_s8(vld1_s8(a + i), vld1_s8(b + i)));
    }
    return vaddvq_s32(sums) + dot_int8_codes_portable(a + i, b + i, size - i);
}

std::int64_t dot_neon(const std::int8_t* codes, const std::int16_t* query, std::size_t size) {
    int32x4_t low = vdupq_n_s32(0);
    int32x4_t high = vdupq_n_s32(0);
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        const int16x8_t wide = vmovl_s8(vld1_s8(codes + i));
        const int16x8_t asked = vld1q_s16(query + i);
        low = vmlal_s16(low, vget_low_s16(wide), vget_low_s16(asked));
        high = vmlal_s16(high, vget_high_s16(wide), vget_high_s16(asked));
    }
    return vaddlvq_s32(low) + vaddlvq_s32(high) + dot_int8_portable(codes + i, query + i, size - i);
}

#endif

Kernel choose_kernel() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vnni")) {
        return {dot_avx512, dot_codes_avx512, "avx512"};
    }
    if (__builtin_cpu_supports("avx2")) {
        return {dot_avx2, dot_codes_avx2, "avx2"};
    }
#elif defined(__ARM_NEON)
    return {dot_neon, dot_codes_neon, "neon"};
#endif
    return {dot_int8_portable, dot_int8_codes_portable, "portable"};
}

const Kernel& kernel() {
    static const Kernel chosen = choose_kernel();
    return chosen;
}

}  // namespace

std::int64_t dot_int8_portable(const std::int8_t* codes, const std::int16_t* query,
                               std::size_t size) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
        sum += std::int32_t{codes[i]} * std::int32_t{query[i]};
    }
    return sum;
}

std::int32_t dot_int8_codes_portable(const std::int8_t* a, const std::int8_t* b, std::size_t size) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
        sum += std::int32_t{a[i]} * std::int32_t{b[i]};
    }
    return sum;
}

std::int32_t dot_int8_codes(const std::int8_t* a, const std::int8_t* b, std::size_t size) {
    return kernel().dot_codes(a, b, size);
}

std::int64_t dot_int8(const std::int8_t* codes, const std::int16_t* query, std::size_t size) {
    return kernel().dot(codes, query, size);
}

void dot_int8_rows(const std::int8_t* rows, const std::int16_t* query, std::size_t size,
                   std::span<std::int64_t> sums) {
    const Dot dot = kernel().dot;
    const std::size_t end = sums.size() * size;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const std::size_t ahead = i * size + prefetched_bytes;
        for (std::size_t line = ahead; line < std::min(ahead + size, end); line += 64) {
            __builtin_prefetch(rows + line);
        }
        sums[i] = dot(rows + i * size, query, size);
    }
}

std::string_view int8_dot_kernel() {
    return kernel().name;
}

}  // namespace rag
