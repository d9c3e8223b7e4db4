#include "trainer.hpp"

#include "batches.hpp"
#include "matrix.hpp"
#include "rag/error.hpp"
#include "random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rag::training {

namespace {

/// One side of a batch: sums of rows, their lengths, unit vectors, and what the loss asks of them.
struct Side {
    Side(std::size_t batch, std::size_t dimensions)
        : vectors(batch * dimensions), gradients(batch * dimensions), lengths(batch) {}
    std::vector<float> vectors;
    std::vector<float> gradients;
    std::vector<float> lengths;
};

class Trainer {
public:
    Trainer(const std::vector<SourceBags>& sources, std::size_t tokens,
            const TrainingOptions& options)
        : options_(options),
          random_(options.seed),
          batches_(sources, options, random_),
          rows_(tokens * options.dimensions),
          first_moments_(rows_.size()),
          second_moments_(rows_.size()),
          slots_(tokens, no_slot),
          left_(options.batch, options.dimensions),
          right_(options.batch, options.dimensions),
          similarities_(options.batch * options.batch),
          pull_(similarities_.size()) {
        begin_rows(sources, tokens);
    }

    Rows run(const Progress& progress) {
        for (std::size_t step = 1; step <= options_.steps; ++step) {
            const std::vector<BatchPair> batch = batches_.next();
            embed(batch, &BatchPair::left, left_);
            embed(batch, &BatchPair::right, right_);
            const double loss = find_gradients(batch);
            touched_.clear();
            row_gradients_.clear();
            spread(batch, &BatchPair::left, left_);
            spread(batch, &BatchPair::right, right_);
            update_rows(step);
            progress(step, loss);
        }
        return std::move(rows_);
    }

private:
    static constexpr std::uint32_t no_slot = UINT32_MAX;
    using Text = std::span<const BagEntry> BatchPair::*;

    void begin_rows(const std::vector<SourceBags>& sources, std::size_t tokens) {
        std::vector<double> texts_with(tokens, 0.0);
        double texts = 0;
        for (const SourceBags& source : sources) {
            for (const TokenBags* side : {&source.left, &source.right}) {
                texts += static_cast<double>(side->size());
                for (std::size_t i = 0; i < side->size(); ++i) {
                    for (const BagEntry& entry : (*side)[i]) {
                        texts_with[entry.token] += 1;
                    }
                }
            }
        }
        for (std::size_t token = 0; token < tokens; ++token) {
            const double idf = std::log((texts + 1) / (texts_with[token] + 0.5));
            begin_row(token, std::max(idf, 0.1));
        }
    }

    void begin_row(std::size_t token, double length) {
        const std::size_t d = options_.dimensions;
        const std::size_t given = options_.start.size() / slots_.size();
        const auto start = options_.start.subspan(token * given, given);
        const bool is_known = std::ranges::any_of(start, [](float number) { return number != 0; });
        const double noise = is_known ? options_.noise : 1.0;
        const double scale = noise * length / std::sqrt(static_cast<double>(d));
        for (std::size_t i = 0; i < d; ++i) {
            const bool is_given = is_known && i < given;
            rows_[token * d + i] = static_cast<float>(
                is_given ? length * static_cast<double>(start[i]) : scale * random_.normal());
        }
    }

    void embed(const std::vector<BatchPair>& batch, Text text, Side& side) const {
        const std::size_t d = options_.dimensions;
        std::ranges::fill(side.vectors, 0.0F);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            float* sum = &side.vectors[i * d];
            if (text == &BatchPair::right && !batch[i].taught.empty()) {
                std::ranges::copy(batch[i].taught, sum);
            }
            for (const BagEntry& entry : batch[i].*text) {
                const float* row = &rows_[entry.token * d];
                for (std::size_t j = 0; j < d; ++j) {
                    sum[j] += entry.weight * row[j];
                }
            }
            float square = 0;
            for (std::size_t j = 0; j < d; ++j) {
                square += sum[j] * sum[j];
            }
            side.lengths[i] = std::max(std::sqrt(square), 1e-6F);
            for (std::size_t j = 0; j < d; ++j) {
                sum[j] /= side.lengths[i];
            }
        }
    }

    /// The mean loss; leaves the gradients by the unit vectors in both sides.
    double find_gradients(const std::vector<BatchPair>& batch) {
        const std::size_t n = batch.size();
        const std::size_t d = options_.dimensions;
        multiply_transposed(left_.vectors, right_.vectors, similarities_, n, n, d);
        const auto sharpness = static_cast<float>(1.0 / options_.temperature);
        // exp of at most 2 / temperature stays far below the largest float.
        std::vector<double> row_sums(n, 0.0);
        std::vector<double> column_sums(n, 0.0);
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                float& cell = similarities_[i * n + j];
                cell = std::exp((cell - 1.0F) * sharpness);
                row_sums[i] += static_cast<double>(cell);
                column_sums[j] += static_cast<double>(cell);
            }
        }
        double loss = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const auto right_of_left = static_cast<float>(1.0 / row_sums[i]);
            for (std::size_t j = 0; j < n; ++j) {
                const float cell = similarities_[i * n + j];
                pull_[i * n + j] = cell * right_of_left + cell / static_cast<float>(column_sums[j]);
            }
            const auto own = static_cast<double>(similarities_[i * n + i]);
            pull_[i * n + i] -= 2.0F;
            loss += 0.5 * (std::log(row_sums[i]) + std::log(column_sums[i]) - 2.0 * std::log(own));
        }
        multiply(pull_, right_.vectors, left_.gradients, n, d, n);
        multiply_left_transposed(pull_, left_.vectors, right_.gradients, n, d, n);
        return loss / static_cast<double>(n);
    }

    /// From a text's vector to the rows it was summed from, through its length.
    void spread(const std::vector<BatchPair>& batch, Text text, Side& side) {
        const std::size_t d = options_.dimensions;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            float* gradient = &side.gradients[i * d];
            const float* vector = &side.vectors[i * d];
            float along = 0;
            for (std::size_t j = 0; j < d; ++j) {
                along += gradient[j] * vector[j];
            }
            for (std::size_t j = 0; j < d; ++j) {
                gradient[j] = (gradient[j] - along * vector[j]) / side.lengths[i];
            }
            for (const BagEntry& entry : batch[i].*text) {
                float* sum = gradient_of(entry.token);
                for (std::size_t j = 0; j < d; ++j) {
                    sum[j] += entry.weight * gradient[j];
                }
            }
        }
    }

    float* gradient_of(std::uint32_t token) {
        const std::size_t d = options_.dimensions;
        if (slots_[token] == no_slot) {
            slots_[token] = static_cast<std::uint32_t>(touched_.size());
            touched_.push_back(token);
            row_gradients_.resize(row_gradients_.size() + d, 0.0F);
        }
        return &row_gradients_[slots_[token] * d];
    }

    void update_rows(std::size_t step) {
        constexpr float keep_first = 0.9F;
        constexpr float keep_second = 0.999F;
        const auto now = static_cast<double>(step);
        const float first_scale =
            static_cast<float>(1.0 / (1.0 - std::pow(static_cast<double>(keep_first), now)));
        const float second_scale =
            static_cast<float>(1.0 / (1.0 - std::pow(static_cast<double>(keep_second), now)));
        const auto rate = static_cast<float>(learning_rate(step));
        const std::size_t d = options_.dimensions;
        for (std::size_t slot = 0; slot < touched_.size(); ++slot) {
            slots_[touched_[slot]] = no_slot;
            const float* gradient = &row_gradients_[slot * d];
            float* row = &rows_[touched_[slot] * d];
            float* first = &first_moments_[touched_[slot] * d];
            float* second = &second_moments_[touched_[slot] * d];
            for (std::size_t j = 0; j < d; ++j) {
                first[j] = keep_first * first[j] + (1.0F - keep_first) * gradient[j];
                second[j] =
                    keep_second * second[j] + (1.0F - keep_second) * gradient[j] * gradient[j];
                row[j] -=
                    rate * first[j] * first_scale / (std::sqrt(second[j] * second_scale) + 1e-8F);
            }
        }
    }

    double learning_rate(std::size_t step) const {
        const auto warm = static_cast<double>(options_.warm_up);
        const auto all = static_cast<double>(options_.steps);
        const auto now = static_cast<double>(step);
        const double rising = warm > 0 ? now / warm : 1.0;
        const double falling = (all - now + 1) / std::max(all - warm, 1.0);
        return options_.learning_rate * std::min({1.0, rising, falling});
    }

    const TrainingOptions options_;
    Random random_;
    Batches batches_;
    Rows rows_;
    std::vector<float> first_moments_;
    std::vector<float> second_moments_;
    std::vector<std::uint32_t> slots_;    ///< Of each token its place in touched_.
    std::vector<std::uint32_t> touched_;  ///< Tokens of this step.
    std::vector<float> row_gradients_;
    Side left_;
    Side right_;
    std::vector<float> similarities_;
    std::vector<float> pull_;  ///< The loss by the similarities, times batch and temperature.
};

}  // namespace

Rows train(const std::vector<SourceBags>& sources, std::size_t tokens,
           const TrainingOptions& options, const Progress& progress) {
    if (options.dimensions == 0 || options.block == 0 || options.batch % options.block != 0) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("A batch of {} pairs cannot be made of blocks of {} in {} "
                                "dimensions; choose a multiple, and at least one dimension.",
                                options.batch, options.block, options.dimensions));
    }
    if (tokens != 0 && (options.start.size() % tokens != 0 ||
                        options.start.size() / tokens > options.dimensions)) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} numbers to start with do not fit {} tokens in {} dimensions; "
                                "make them anew from this vocabulary.",
                                options.start.size(), tokens, options.dimensions));
    }
    return Trainer(sources, tokens, options).run(progress);
}

}  // namespace rag::training
