#pragma once

#include <cstddef>
#include <cstdint>

namespace rag {

/// Sum of codes[i] * query[i]. The query's components must lie in [-query_code_max,
/// query_code_max], and `size` must not exceed dot_size_max, so that 32 bits hold the sum's parts.
std::int64_t dot_int8(const std::int8_t* codes, const std::int16_t* query, std::size_t size);

constexpr std::int16_t query_code_max = 8191;
constexpr std::size_t dot_size_max = 16384;

}  // namespace rag
