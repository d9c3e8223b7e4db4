#pragma once

#include "token_bags.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace rag::training {

/// Texts and where another model puts them.
struct TaughtTexts {
    std::string_view lines;          ///< A text a line; those beyond the last vector are left out.
    std::span<const float> vectors;  ///< For each text as many numbers as the model is to have.
    double weight = 1;               ///< Of each, beside one pair, when batches are drawn.
};

/// A source whose right sides are the teacher's vectors: without the mean of all, at unit length.
/// Throws Error{invalid_argument} where the numbers make no whole vectors.
SourceBags cut_taught(const TaughtTexts& texts, std::size_t dimensions,
                      std::string_view vocabulary);

}  // namespace rag::training
