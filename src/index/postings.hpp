#pragma once

#include "index/bits.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace rag::index {

/// Numbers of chunks within a segment.
using Local = std::uint32_t;
constexpr Local no_local = std::numeric_limits<Local>::max();

struct Posting {
    Local local = 0;
    std::uint32_t frequency = 0;  ///< How often the term occurs in the chunk; at least 1.
};

constexpr std::size_t postings_block = 128;

/// The parts of BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) that
/// depend on the searched set. A term's contribution is weight * tf / (tf + base + slope * length).
/// Contributions are floats and their sums doubles: sums of so few floats of like size lose
/// nothing, so that a chunk's score does not depend on the order in which its terms are met.
struct LengthNorm {
    float base = 0;
    float slope = 0;

    float contribution(float weight, std::uint32_t frequency, std::uint32_t length) const {
        const auto tf = static_cast<float>(frequency);
        return weight * tf / (tf + (base + slope * static_cast<float>(length)));
    }
};

/// Up to four (frequency, length) pairs such that every posting of a set has, for one of them, no
/// higher frequency and no smaller length: what bounds the set's contributions, whatever the norm
/// (the idea of Ding and Suel, "Faster top-k document retrieval using block-max indexes", 2011).
struct ImpactFront {
    std::array<std::uint8_t, 4> frequency{};  ///< 255: any; 0: no pair.
    std::array<std::uint8_t, 4> length{};     ///< In units of eight terms, rounded down.

    /// No posting of the set contributes more.
    float bound(const LengthNorm& norm, float weight) const;
};

/// Where a term's postings are and what they hold.
struct TermRow {
    std::uint64_t offset = 0;
    std::uint32_t count = 0;
    ImpactFront front;
    std::uint32_t unused = 0;
};

/// Appends a list of postings, ascending by number, to `out`. `lengths` are those of all chunks.
/// Layout: for lists of more than one block a BlockRow for each block; then, for each block, the
/// bits of a gap, the bits of a frequency (a byte each), gaps less one, frequencies less one.
TermRow write_postings(std::span<const Posting> postings, std::span<const std::uint32_t> lengths,
                       std::vector<std::byte>& out);

struct BlockRow {
    std::uint32_t last = 0;    ///< The block's highest number.
    std::uint32_t offset = 0;  ///< Of its data, from the start of the list.
    ImpactFront front;
};

/// Walks over one list of postings. Reading costs nothing until a block is entered.
class PostingCursor {
public:
    /// `bytes` are those of all lists and must outlive the cursor.
    PostingCursor(const TermRow& row, const std::byte* bytes);

    std::uint32_t count() const { return count_; }
    /// no_local at the end.
    Local local() const { return local_; }
    std::uint32_t frequency();
    void next();
    /// To the first posting at or after `target`; never backwards.
    void seek(Local target);

    /// How many postings have a lower number than `target`; moves the cursor there.
    std::uint32_t rank(Local target);

    /// A bound of the contributions of postings with numbers in [begin, end); `begin` never below
    /// that of an earlier call.
    float bound(Local begin, Local end, const LengthNorm& norm, float weight);

private:
    std::size_t block_count() const { return (count_ + postings_block - 1) / postings_block; }
    BlockRow block_row(std::size_t block) const;
    Local block_last(std::size_t block) const;
    void enter_block(std::size_t block);
    std::size_t find_block(std::size_t from, Local target) const;

    const std::byte* list_;
    std::uint32_t count_;
    ImpactFront front_;
    std::size_t block_ = 0;
    std::size_t bound_block_ = 0;
    std::size_t in_block_ = 0;  ///< How many postings the block has.
    std::size_t at_ = 0;
    Local local_ = 0;
    const std::byte* packed_frequencies_ = nullptr;
    unsigned frequency_bits_ = 0;
    bool frequencies_unpacked_ = false;
    std::array<std::uint32_t, postings_block> locals_;
    std::array<std::uint32_t, postings_block> frequencies_;
};

}  // namespace rag::index
