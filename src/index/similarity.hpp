#pragma once

#include <algorithm>
#include <cstdint>

namespace rag::index {

/// The cosine of a query and a stored vector, both of unit length, from the sum of the products of
/// their codes.
inline double similarity(std::int64_t sum, float scale, float query_scale) {
    const double value =
        static_cast<double>(sum) * static_cast<double>(scale) * static_cast<double>(query_scale);
    return std::clamp(value, -1.0, 1.0);
}

}  // namespace rag::index
