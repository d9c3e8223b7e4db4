#include "storage/sqlite_vectors.hpp"

#include "base/int8_dot.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace rag::storage {
namespace {

constexpr float narrow_code_max = 127;
constexpr float wide_code_max = 32767;
/// A code is off by a uniform error of standard deviation scale / sqrt(12), and so is the inner
/// product with a query of unit length; four of those are 0.002.
constexpr float narrow_scale_max = 0.0017F;

float find_peak(std::span<const float> vector) {
    float peak = 0;
    for (const float component : vector) {
        peak = std::max(peak, std::abs(component));
    }
    return peak;
}

void append_wide(std::string& bytes, float code) {
    const auto value = static_cast<std::uint16_t>(static_cast<std::int16_t>(code));
    bytes += static_cast<char>(value & 0xff);
    bytes += static_cast<char>(value >> 8);
}

double read_narrow(std::string_view codes, std::size_t i) {
    return static_cast<std::int8_t>(codes[i]);
}

double read_wide(std::string_view codes, std::size_t i) {
    const auto low = static_cast<unsigned char>(codes[2 * i]);
    const auto high = static_cast<unsigned char>(codes[2 * i + 1]);
    return static_cast<std::int16_t>(low | (high << 8));
}

}  // namespace

VectorCodes encode_vector(std::span<const float> vector) {
    const float peak = find_peak(vector);
    const bool narrow = peak / narrow_code_max <= narrow_scale_max;
    VectorCodes codes;
    codes.scale = peak / (narrow ? narrow_code_max : wide_code_max);
    codes.bytes.reserve(vector.size() * (narrow ? 1 : 2));
    for (const float component : vector) {
        const float code = codes.scale > 0 ? std::round(component / codes.scale) : 0;
        if (narrow) {
            codes.bytes += static_cast<char>(static_cast<std::int8_t>(code));
        } else {
            append_wide(codes.bytes, code);
        }
    }
    return codes;
}

std::vector<float> decode_vector(double scale, std::string_view codes, std::size_t dimensions) {
    const bool narrow = codes.size() == dimensions;
    if (!narrow && codes.size() != 2 * dimensions) {
        throw Error(ErrorCode::corrupt, "The database holds a vector of another dimension.");
    }
    std::vector<float> vector(dimensions);
    for (std::size_t i = 0; i < dimensions; ++i) {
        vector[i] =
            static_cast<float>(scale * (narrow ? read_narrow(codes, i) : read_wide(codes, i)));
    }
    return vector;
}

VectorQuery::VectorQuery(std::span<const float> query) : query_(query.begin(), query.end()) {
    if (query.size() > dot_size_max) {
        throw Error(ErrorCode::invalid_argument, "The query's vector has too many dimensions.");
    }
    const float peak = find_peak(query);
    scale_ = double{peak} / query_code_max;
    for (const float component : query) {
        const double code = scale_ > 0 ? std::round(component / scale_) : 0;
        codes_.push_back(static_cast<std::int16_t>(code));
    }
}

double VectorQuery::similarity(double scale, std::string_view codes) const {
    if (codes.size() == query_.size()) {
        const auto* narrow = reinterpret_cast<const std::int8_t*>(codes.data());
        const std::int64_t sum = dot_int8(narrow, codes_.data(), codes_.size());
        return static_cast<double>(sum) * scale * scale_;
    }
    if (codes.size() != 2 * query_.size()) {
        throw Error(ErrorCode::corrupt, "The database holds a vector of another dimension.");
    }
    double sum = 0;
    for (std::size_t i = 0; i < query_.size(); ++i) {
        sum += double{query_[i]} * read_wide(codes, i);
    }
    return sum * scale;
}

}  // namespace rag::storage
