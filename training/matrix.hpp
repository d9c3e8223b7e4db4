#pragma once

#include <cstddef>
#include <span>

namespace rag::training {

/// Products of matrices in row order; by OpenBLAS on one thread where the build found it, else by
/// plain loops. `rows`, `columns` are the result's, `depth` is what is summed over.

/// result = left (rows x depth) * right (columns x depth) transposed
void multiply_transposed(std::span<const float> left, std::span<const float> right,
                         std::span<float> result, std::size_t rows, std::size_t columns,
                         std::size_t depth);
/// result = left (rows x depth) * right (depth x columns)
void multiply(std::span<const float> left, std::span<const float> right, std::span<float> result,
              std::size_t rows, std::size_t columns, std::size_t depth);
/// result = left (depth x rows) transposed * right (depth x columns)
void multiply_left_transposed(std::span<const float> left, std::span<const float> right,
                              std::span<float> result, std::size_t rows, std::size_t columns,
                              std::size_t depth);

}  // namespace rag::training
