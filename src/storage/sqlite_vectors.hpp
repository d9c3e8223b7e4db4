#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rag::storage {

/// A vector as it is stored: see the table `vectors`. One byte a component where the largest is
/// small enough for an error of similarity below 0.002 (four standard deviations), else two.
struct VectorCodes {
    float scale = 0;
    std::string bytes;
};

VectorCodes encode_vector(std::span<const float> vector);

/// The inverse of encode_vector, as far as rounding allows. Throws Error{corrupt} for another
/// dimension.
std::vector<float> decode_vector(double scale, std::string_view codes, std::size_t dimensions);

/// A query made ready for many comparisons.
class VectorQuery {
public:
    explicit VectorQuery(std::span<const float> query);

    /// The inner product with a stored vector. Throws Error{corrupt} for another dimension.
    double similarity(double scale, std::string_view codes) const;

private:
    std::vector<std::int16_t> codes_;
    double scale_ = 0;
    std::vector<float> query_;
};

}  // namespace rag::storage
