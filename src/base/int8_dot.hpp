#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace rag {

/// A vector as one scale and a signed byte for each dimension: value = scale * code.
struct Int8Vector {
    float scale = 0;
    std::vector<std::int8_t> codes;
};

/// Rounds to the nearest of 255 steps between -max and max. Rounding what was rounded before gives
/// the same again. A vector that is not finite becomes zeros.
float quantize(std::span<const float> vector, std::span<std::int8_t> codes);
Int8Vector quantize(std::span<const float> vector);

/// A query with 16 bits for each dimension, so that nearly all of the error of a similarity is that
/// of the stored codes. The codes are small enough for the sum with int8 codes to fit 32 bits.
struct Int16Query {
    float scale = 0;
    std::vector<std::int16_t> codes;
};

Int16Query prepare_query(std::span<const float> vector);

/// Sum over i of query[i] * codes[i]; `query` as prepare_query makes it. The best instructions of
/// the machine are chosen at the first call; all give the same sum.
std::int32_t dot_int8(const std::int16_t* query, const std::int8_t* codes, std::size_t dimensions);

/// One sum for each of `sums`, over rows of codes that lie one after the other.
void dot_int8_rows(const std::int16_t* query, const std::int8_t* rows, std::size_t dimensions,
                   std::span<std::int32_t> sums);

/// Which instructions dot_int8 uses here: "avx512", "avx2", "neon" or "portable".
std::string_view int8_dot_kernel();

/// The plain loop, which every kernel agrees with.
std::int32_t dot_int8_portable(const std::int16_t* query, const std::int8_t* codes,
                               std::size_t dimensions);

}  // namespace rag
