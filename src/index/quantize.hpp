#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rag::index {

/// Rounds to the nearest of 255 steps between -peak and peak: value = scale * code. Rounding what
/// was rounded before gives the same again. A vector that is not finite becomes zeros. Gives the
/// scale.
float quantize(std::span<const float> vector, std::span<std::int8_t> codes);

/// A query with 14 bits for each dimension, so that nearly all of the error of a similarity is that
/// of the stored codes (base/int8_dot.hpp).
struct QueryCodes {
    float scale = 0;
    std::vector<std::int16_t> codes;
};

QueryCodes prepare_query(std::span<const float> vector);

}  // namespace rag::index
