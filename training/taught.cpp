#include "taught.hpp"

#include "files.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace rag::training {

namespace {

std::vector<double> mean_of(std::span<const float> vectors, std::size_t dimensions) {
    std::vector<double> mean(dimensions, 0.0);
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        mean[i % dimensions] += static_cast<double>(vectors[i]);
    }
    const auto count = static_cast<double>(std::max<std::size_t>(vectors.size() / dimensions, 1));
    std::ranges::for_each(mean, [count](double& number) { number /= count; });
    return mean;
}

void append_centred(std::span<const float> vector, std::span<const double> mean,
                    std::vector<float>& result) {
    double square = 0;
    for (std::size_t i = 0; i < vector.size(); ++i) {
        const double number = static_cast<double>(vector[i]) - mean[i];
        square += number * number;
    }
    const double length = std::max(std::sqrt(square), 1e-6);
    for (std::size_t i = 0; i < vector.size(); ++i) {
        result.push_back(static_cast<float>((static_cast<double>(vector[i]) - mean[i]) / length));
    }
}

}  // namespace

SourceBags cut_taught(const TaughtTexts& texts, std::size_t dimensions,
                      std::string_view vocabulary) {
    const std::vector<std::string_view> lines = lines_of(texts.lines);
    if (dimensions == 0 || texts.vectors.size() % dimensions != 0 ||
        texts.vectors.size() / dimensions > lines.size()) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} numbers of a teacher are no vectors of {} dimensions for {} "
                                "texts; take the texts and the dimensions that it was asked with.",
                                texts.vectors.size(), dimensions, lines.size()));
    }
    const std::vector<double> mean = mean_of(texts.vectors, dimensions);
    const TokenCutter cutter(vocabulary);
    SourceBags source;
    source.weight = texts.weight;
    for (std::size_t i = 0; i < texts.vectors.size() / dimensions; ++i) {
        std::vector<std::uint32_t> tokens = cutter.cut(lines[i]);
        if (!tokens.empty()) {
            source.groups.push_back(i);
            source.left.add(tokens);
            append_centred(texts.vectors.subspan(i * dimensions, dimensions), mean, source.taught);
        }
    }
    return source;
}

}  // namespace rag::training
