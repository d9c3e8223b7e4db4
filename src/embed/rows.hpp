#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rag::embed {

/// sum[i] += factor * row[i]. The row may lie at any address; its numbers are little-endian.
/// The best instructions of the machine are chosen at the first call.
void add_int8_row(std::span<float> sum, const std::byte* row, float factor);
void add_float32_row(std::span<float> sum, const std::byte* row, float factor);
void add_float16_row(std::span<float> sum, const std::byte* row, float factor);  ///< IEEE 754 half.

float half_to_float(std::uint16_t half);

/// Divides by the Euclidean length; zeros stay zeros, and what has no finite length becomes zeros.
void normalize(std::span<float> vector);

}  // namespace rag::embed
