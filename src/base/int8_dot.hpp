#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace rag {

/// Sum of codes[i] * query[i]. The query's components must lie in [-query_code_max,
/// query_code_max], and `size` must not exceed dot_size_max, so that 32 bits hold the sum's parts.
/// The best instructions of the machine are chosen at the first call; all give the same sum.
std::int64_t dot_int8(const std::int8_t* codes, const std::int16_t* query, std::size_t size);

/// One sum for each of `sums`, over rows of codes that lie one after the other.
void dot_int8_rows(const std::int8_t* rows, const std::int16_t* query, std::size_t size,
                   std::span<std::int64_t> sums);

/// Sum of a[i] * b[i] over codes in [-127, 127]; `size` must not exceed dot_size_max.
std::int32_t dot_int8_codes(const std::int8_t* a, const std::int8_t* b, std::size_t size);

/// The plain loops, which every kernel agrees with.
std::int64_t dot_int8_portable(const std::int8_t* codes, const std::int16_t* query,
                               std::size_t size);
std::int32_t dot_int8_codes_portable(const std::int8_t* a, const std::int8_t* b, std::size_t size);

/// Which instructions are used here: "avx512", "avx2", "neon" or "portable".
std::string_view int8_dot_kernel();

constexpr std::int16_t query_code_max = 8191;
constexpr std::size_t dot_size_max = 16384;

}  // namespace rag
