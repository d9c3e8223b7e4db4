#include "index/quantize.hpp"

#include "base/int8_dot.hpp"

#include <algorithm>
#include <cmath>

namespace rag::index {
namespace {

constexpr float code_max = 127;

/// 0 for a vector that is not finite.
float find_peak(std::span<const float> vector) {
    float peak = 0;
    for (const float value : vector) {
        if (!std::isfinite(value)) {
            return 0;
        }
        peak = std::max(peak, std::abs(value));
    }
    return peak;
}

}  // namespace

float quantize(std::span<const float> vector, std::span<std::int8_t> codes) {
    const float scale = find_peak(vector) / code_max;
    if (!(scale > 0)) {
        std::fill(codes.begin(), codes.end(), std::int8_t{0});
        return 0;
    }
    for (std::size_t i = 0; i < vector.size(); ++i) {
        const float step = std::nearbyint(vector[i] / scale);
        codes[i] = static_cast<std::int8_t>(std::clamp(step, -code_max, code_max));
    }
    return scale;
}

QueryCodes prepare_query(std::span<const float> vector) {
    QueryCodes query;
    query.codes.resize(vector.size());
    query.scale = find_peak(vector) / static_cast<float>(query_code_max);
    for (std::size_t i = 0; query.scale > 0 && i < vector.size(); ++i) {
        const float step = std::nearbyint(vector[i] / query.scale);
        query.codes[i] = static_cast<std::int16_t>(std::clamp(
            step, -static_cast<float>(query_code_max), static_cast<float>(query_code_max)));
    }
    return query;
}

}  // namespace rag::index
