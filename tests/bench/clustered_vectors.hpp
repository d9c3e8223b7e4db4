#pragma once

#include "rag/document.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace rag::bench {

/// Vectors of unit length in clusters, spread over fewer directions than they have dimensions, as
/// those of texts are. Hard for graphs: a cluster is wide compared with the way to the next.
class ClusteredVectors {
public:
    static constexpr std::size_t latent = 200;
    static constexpr std::size_t clusters = 100;

    ClusteredVectors(std::size_t dimensions, std::uint64_t seed) : random_(seed) {
        // The clusters are the same for every seed.
        std::mt19937_64 shared(1);
        directions_.resize(dimensions);
        for (auto& direction : directions_) {
            direction = draw(shared, 1.0F);
        }
        for (std::size_t i = 0; i < clusters; ++i) {
            centres_.push_back(draw(shared, 1.0F));
        }
    }

    Vector next() {
        std::vector<float> point = draw(random_, 1.0F);
        const std::vector<float>& centre = centres_[random_() % clusters];
        for (std::size_t i = 0; i < latent; ++i) {
            point[i] += centre[i];
        }
        Vector vector(directions_.size());
        float squares = 0;
        for (std::size_t i = 0; i < vector.size(); ++i) {
            float sum = 0;
            for (std::size_t k = 0; k < latent; ++k) {
                sum += directions_[i][k] * point[k];
            }
            vector[i] = sum;
            squares += sum * sum;
        }
        for (float& value : vector) {
            value /= std::sqrt(squares);
        }
        return vector;
    }

private:
    static std::vector<float> draw(std::mt19937_64& random, float spread) {
        std::normal_distribution<float> normal(0, spread);
        std::vector<float> point(latent);
        std::generate(point.begin(), point.end(), [&] { return normal(random); });
        return point;
    }

    std::mt19937_64 random_;
    std::vector<std::vector<float>> directions_;
    std::vector<std::vector<float>> centres_;
};

}  // namespace rag::bench
