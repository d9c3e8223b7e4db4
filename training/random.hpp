#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>
#include <vector>

namespace rag::training {

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). The standard's distributions may differ between
/// libraries; these numbers are the same everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }
    /// In [0, end); `end` is not 0. The bias is below 2^-40 for what is counted here.
    std::size_t below(std::size_t end) { return static_cast<std::size_t>(next() % end); }
    /// In (0, 1].
    double unit() { return (static_cast<double>(next() >> 11U) + 1.0) * 0x1.0p-53; }
    /// Of mean 0 and variance 1 (Box and Muller 1958).
    double normal() {
        return std::sqrt(-2.0 * std::log(unit())) * std::cos(2.0 * std::numbers::pi * unit());
    }
    template <class Value>
    void shuffle(std::vector<Value>& values) {
        for (std::size_t left = values.size(); left > 1; --left) {
            std::swap(values[left - 1], values[below(left)]);
        }
    }

private:
    std::uint64_t state_;
};

}  // namespace rag::training
