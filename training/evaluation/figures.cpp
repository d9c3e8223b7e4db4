#include "evaluation/figures.hpp"

#include "random.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace rag::evaluation {

namespace {

constexpr std::size_t depth = 10;
constexpr std::size_t resamples = 10'000;
constexpr std::uint64_t bootstrap_seed = 20'261'121;

double discounted_gain(int grade, std::size_t rank) {
    return (std::exp2(grade) - 1.0) / std::log2(1.0 + static_cast<double>(rank));
}

double ideal_gain(const JudgedQuery& query) {
    std::vector<int> grades;
    for (const auto& [document, grade] : query.grades) {
        grades.push_back(grade);
    }
    std::ranges::sort(grades, std::greater<>());
    double sum = 0;
    for (std::size_t i = 0; i < std::min(grades.size(), depth); ++i) {
        sum += discounted_gain(grades[i], i + 1);
    }
    return sum;
}

}  // namespace

Figures judge(std::span<const std::size_t> ranking, const JudgedQuery& query) {
    Figures figures;
    double gain = 0;
    std::size_t found = 0;
    for (std::size_t i = 0; i < std::min(ranking.size(), depth); ++i) {
        const auto grade = query.grades.find(ranking[i]);
        if (grade != query.grades.end()) {
            gain += discounted_gain(grade->second, i + 1);
            figures.mrr10 = found == 0 ? 1.0 / static_cast<double>(i + 1) : figures.mrr10;
            ++found;
        }
        if (i + 1 == depth / 2) {
            figures.recall5 = static_cast<double>(found);
        }
    }
    if (ranking.size() < depth / 2) {
        figures.recall5 = static_cast<double>(found);
    }
    const auto relevant = static_cast<double>(query.grades.size());
    figures.ndcg10 = gain / ideal_gain(query);
    figures.recall5 /= relevant;
    figures.recall10 = static_cast<double>(found) / relevant;
    return figures;
}

Figures mean_of(std::span<const Figures> figures) {
    Figures sum;
    for (const Figures& one : figures) {
        sum.ndcg10 += one.ndcg10;
        sum.mrr10 += one.mrr10;
        sum.recall5 += one.recall5;
        sum.recall10 += one.recall10;
    }
    const auto count = static_cast<double>(std::max<std::size_t>(figures.size(), 1));
    return {sum.ndcg10 / count, sum.mrr10 / count, sum.recall5 / count, sum.recall10 / count};
}

Interval bootstrap(std::span<const double> values) {
    if (values.empty()) {
        return {};
    }
    const auto count = static_cast<double>(values.size());
    training::Random random(bootstrap_seed);
    std::vector<double> means(resamples);
    for (double& mean : means) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            mean += values[random.below(values.size())];
        }
        mean /= count;
    }
    std::ranges::sort(means);
    return {.low = means[resamples * 25 / 1000],
            .mean = std::accumulate(values.begin(), values.end(), 0.0) / count,
            .high = means[resamples * 975 / 1000]};
}

}  // namespace rag::evaluation
