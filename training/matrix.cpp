#include "matrix.hpp"

#ifdef RAG_OPENBLAS
#include <cblas.h>
#else
#include <algorithm>
#endif

namespace rag::training {

#ifdef RAG_OPENBLAS

namespace {

void gemm(CBLAS_TRANSPOSE turn_left, CBLAS_TRANSPOSE turn_right, std::span<const float> left,
          std::span<const float> right, std::span<float> result, std::size_t rows,
          std::size_t columns, std::size_t depth) {
    // More threads would add up in another order, and the same text would give another model.
    openblas_set_num_threads(1);
    const auto m = static_cast<blasint>(rows);
    const auto n = static_cast<blasint>(columns);
    const auto k = static_cast<blasint>(depth);
    cblas_sgemm(CblasRowMajor, turn_left, turn_right, m, n, k, 1.0F, left.data(),
                turn_left == CblasNoTrans ? k : m, right.data(),
                turn_right == CblasNoTrans ? n : k, 0.0F, result.data(), n);
}

}  // namespace

void multiply_transposed(std::span<const float> left, std::span<const float> right,
                         std::span<float> result, std::size_t rows, std::size_t columns,
                         std::size_t depth) {
    gemm(CblasNoTrans, CblasTrans, left, right, result, rows, columns, depth);
}

void multiply(std::span<const float> left, std::span<const float> right, std::span<float> result,
              std::size_t rows, std::size_t columns, std::size_t depth) {
    gemm(CblasNoTrans, CblasNoTrans, left, right, result, rows, columns, depth);
}

void multiply_left_transposed(std::span<const float> left, std::span<const float> right,
                              std::span<float> result, std::size_t rows, std::size_t columns,
                              std::size_t depth) {
    gemm(CblasTrans, CblasNoTrans, left, right, result, rows, columns, depth);
}

#else

namespace {

/// row += factor * other
void add_row(float* row, const float* other, float factor, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        row[i] += factor * other[i];
    }
}

}  // namespace

void multiply_transposed(std::span<const float> left, std::span<const float> right,
                         std::span<float> result, std::size_t rows, std::size_t columns,
                         std::size_t depth) {
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
            float sum = 0;
            for (std::size_t i = 0; i < depth; ++i) {
                sum += left[row * depth + i] * right[column * depth + i];
            }
            result[row * columns + column] = sum;
        }
    }
}

void multiply(std::span<const float> left, std::span<const float> right, std::span<float> result,
              std::size_t rows, std::size_t columns, std::size_t depth) {
    std::fill(result.begin(), result.end(), 0.0F);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t i = 0; i < depth; ++i) {
            add_row(&result[row * columns], &right[i * columns], left[row * depth + i], columns);
        }
    }
}

void multiply_left_transposed(std::span<const float> left, std::span<const float> right,
                              std::span<float> result, std::size_t rows, std::size_t columns,
                              std::size_t depth) {
    std::fill(result.begin(), result.end(), 0.0F);
    for (std::size_t i = 0; i < depth; ++i) {
        for (std::size_t row = 0; row < rows; ++row) {
            add_row(&result[row * columns], &right[i * columns], left[i * rows + row], columns);
        }
    }
}

#endif

}  // namespace rag::training
