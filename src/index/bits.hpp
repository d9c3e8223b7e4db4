#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace rag::index {

/// A set of small numbers below a fixed size.
class Bitmap {
public:
    Bitmap() = default;
    explicit Bitmap(std::size_t size) : size_(size), words_((size + 63) / 64) {}

    std::size_t size() const { return size_; }
    bool test(std::size_t i) const { return ((words_[i / 64] >> (i % 64)) & 1U) != 0; }
    void set(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
    void reset(std::size_t i) { words_[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }

    void set_range(std::size_t begin, std::size_t end) {
        for (; begin < end && begin % 64 != 0; ++begin) {
            set(begin);
        }
        for (; begin + 64 <= end; begin += 64) {
            words_[begin / 64] = ~std::uint64_t{0};
        }
        for (; begin < end; ++begin) {
            set(begin);
        }
    }

    void intersect(const Bitmap& other) {
        for (std::size_t i = 0; i < words_.size(); ++i) {
            words_[i] &= other.words_[i];
        }
    }

    void subtract(const Bitmap& other) {
        for (std::size_t i = 0; i < words_.size(); ++i) {
            words_[i] &= ~other.words_[i];
        }
    }

    std::size_t count() const {
        std::size_t sum = 0;
        for (const std::uint64_t word : words_) {
            sum += static_cast<std::size_t>(std::popcount(word));
        }
        return sum;
    }

    std::size_t count(std::size_t begin, std::size_t end) const {
        std::size_t sum = 0;
        for_each(begin, end, [&](std::size_t) { ++sum; });
        return sum;
    }

    /// Calls `use` with each member of [begin, end), ascending.
    template <class F>
    void for_each(std::size_t begin, std::size_t end, F&& use) const {
        for (std::size_t word = begin / 64; word * 64 < end; ++word) {
            std::uint64_t bits = words_[word];
            if (word == begin / 64) {
                bits &= ~std::uint64_t{0} << (begin % 64);
            }
            for (; bits != 0; bits &= bits - 1) {
                const std::size_t i = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
                if (i >= end) {
                    return;
                }
                use(i);
            }
        }
    }

    std::span<const std::uint64_t> words() const { return words_; }

private:
    std::size_t size_ = 0;
    std::vector<std::uint64_t> words_;
};

/// Bytes that must follow packed numbers, because unpacking reads eight at once.
constexpr std::size_t unpack_slack_bytes = 8;

inline unsigned bits_for(std::uint32_t largest) {
    return static_cast<unsigned>(std::bit_width(largest));
}

/// Appends the numbers with `bits` (0 to 32) each, low bits first.
void pack_bits(std::span<const std::uint32_t> numbers, unsigned bits, std::vector<std::byte>& out);

inline std::size_t packed_bytes(std::size_t count, unsigned bits) {
    return (count * bits + 7) / 8;
}

/// The inverse of pack_bits.
inline void unpack_bits(const std::byte* bytes, unsigned bits, std::span<std::uint32_t> numbers) {
    const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
    std::size_t at = 0;
    for (std::uint32_t& number : numbers) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes + at / 8, sizeof word);
        number = static_cast<std::uint32_t>((word >> (at % 8)) & mask);
        at += bits;
    }
}

}  // namespace rag::index
