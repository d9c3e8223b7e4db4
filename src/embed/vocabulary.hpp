#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rag::embed {

using TokenId = std::uint32_t;

constexpr TokenId no_token = UINT32_MAX;

/// Finds a token's number: an open-addressing table over the vocabulary's own text, so that
/// start-up allocates twice and a look-up never. Constant after construction, safe for concurrent
/// use.
class Vocabulary {
public:
    /// `lines` holds a token a line, the first being number 0, and must outlive the vocabulary.
    /// Empty lines keep their number but are never found; of equal lines the first counts.
    explicit Vocabulary(std::string_view lines);

    std::size_t size() const { return offsets_.size() - 1; }

    TokenId find(std::string_view token) const;
    std::string_view text(TokenId token) const;

    /// A hash that grows byte by byte, so that all prefixes of a word are hashed in one pass.
    static constexpr std::uint64_t hash_start = 0x9AE16A3B2F90404FULL;
    static constexpr std::uint64_t hash_step(std::uint64_t hash, char byte) {
        return (hash ^ static_cast<unsigned char>(byte)) * 0x9E3779B97F4A7C15ULL;
    }

    /// The token `prefix` + `rest`, whose bytes gave `hash` from hash_start on.
    TokenId find(std::uint64_t hash, std::string_view prefix, std::string_view rest) const;

private:
    struct Slot {
        std::uint32_t tag;
        std::uint32_t token_plus_one;  ///< 0: free.
    };

    std::size_t slot_of(std::uint64_t hash) const { return hash >> shift_; }
    static std::uint32_t tag_of(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash >> 8);
    }
    void insert(TokenId token);

    std::string_view lines_;
    std::vector<std::uint32_t> offsets_;  ///< Of each line; one more for the end.
    std::vector<Slot> slots_;             ///< A power of two, at most half full.
    int shift_ = 0;                       ///< Leaves the highest bits, which depend on every byte.
};

}  // namespace rag::embed
