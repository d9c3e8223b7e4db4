#pragma once

#include "evaluation/judged_set.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace rag::evaluation {

/// What one ranking is worth.
struct Figures {
    double ndcg10 = 0;  ///< Gain 2^grade - 1, discount log2(1 + rank) (Järvelin and Kekäläinen).
    double mrr10 = 0;   ///< 1 / rank of the first that is relevant; 0 below the tenth.
    double recall5 = 0;
    double recall10 = 0;
};

/// `ranking` holds places of documents, best first, without repeats.
Figures judge(std::span<const std::size_t> ranking, const JudgedQuery& query);

Figures mean_of(std::span<const Figures> figures);

struct Interval {
    double low = 0;
    double mean = 0;
    double high = 0;
};

/// The mean with its 95 % percentile bootstrap interval (Efron) over 10 000 resamples, always the
/// same ones. All zeros for no values.
Interval bootstrap(std::span<const double> values);

}  // namespace rag::evaluation
