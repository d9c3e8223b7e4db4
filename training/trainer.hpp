#pragma once

#include "token_bags.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace rag::training {

struct TrainingOptions {
    std::size_t dimensions = 512;
    std::size_t steps = 3000;
    std::size_t batch = 1024;  ///< Pairs in a step; a multiple of `block`.
    std::size_t block = 256;   ///< Of these, pairs in a row from one source.
    double temperature = 0.05;
    double learning_rate = 0.005;
    std::size_t warm_up = 200;  ///< Steps until the full learning rate; then it falls to 0.
    std::uint64_t seed = 1;
    /// What is known of the tokens beforehand: for each as many numbers, at most `dimensions`, of
    /// length 1, or zeros where nothing is. Must outlive the training.
    std::span<const float> start{};
    double noise = 0.3;  ///< Length of what a known token's row begins with in the dimensions left.
};

/// Row by row, `dimensions` numbers for each token.
using Rows = std::vector<float>;

/// Called after each step with its number from 1 and its mean loss.
using Progress = std::function<void(std::size_t step, double loss)>;

/// Learns a row for each token, such that the sums of a pair's two texts point the same way and
/// away from the other texts of the batch: symmetric InfoNCE (van den Oord, Li and Vinyals 2018;
/// Radford et al. 2021), by Adam (Kingma and Ba 2015) whose moments move only for rows in use. Rows
/// begin at N(0, 1/d), or where `options.start` says, times their token's inverse document
/// frequency. The same input gives the same rows on one machine.
Rows train(const std::vector<SourceBags>& sources, std::size_t tokens,
           const TrainingOptions& options, const Progress& progress);

}  // namespace rag::training
