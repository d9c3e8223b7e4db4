#include "index/postings.hpp"

#include <algorithm>
#include <cstring>

namespace rag::index {
namespace {

constexpr std::uint32_t front_length_unit = 8;
/// More than float arithmetic can add to a contribution of a dominated posting.
constexpr float bound_slack = 1.00001F;

/// The pairs that no other pair dominates, joined until four are left.
ImpactFront make_front(std::span<const Posting> postings, std::span<const std::uint32_t> lengths) {
    struct Pair {
        std::uint32_t frequency;
        std::uint32_t length;
    };
    std::vector<Pair> pairs;
    for (const Posting& posting : postings) {
        pairs.push_back({std::min<std::uint32_t>(posting.frequency, 255),
                         std::min<std::uint32_t>(lengths[posting.local] / front_length_unit, 255)});
    }
    std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
        return a.length != b.length ? a.length < b.length : a.frequency > b.frequency;
    });
    std::vector<Pair> kept;
    for (const Pair& pair : pairs) {
        if (kept.empty() || pair.frequency > kept.back().frequency) {
            kept.push_back(pair);
        }
    }
    ImpactFront front;
    const std::size_t slots = front.frequency.size();
    for (std::size_t slot = 0; slot < slots; ++slot) {
        const std::size_t begin = slot * kept.size() / slots;
        const std::size_t end = (slot + 1) * kept.size() / slots;
        if (begin < end) {
            front.frequency[slot] = static_cast<std::uint8_t>(kept[end - 1].frequency);
            front.length[slot] = static_cast<std::uint8_t>(kept[begin].length);
        }
    }
    return front;
}

template <class T>
void put(std::vector<std::byte>& out, std::size_t at, const T& value) {
    std::memcpy(out.data() + at, &value, sizeof value);
}

void write_block(std::span<const Posting> block, std::uint32_t& next, std::vector<std::byte>& out) {
    std::array<std::uint32_t, postings_block> gaps;
    std::array<std::uint32_t, postings_block> frequencies;
    std::uint32_t all_gaps = 0;
    std::uint32_t all_frequencies = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        gaps[i] = block[i].local - next;
        frequencies[i] = block[i].frequency - 1;
        next = block[i].local + 1;
        all_gaps |= gaps[i];
        all_frequencies |= frequencies[i];
    }
    out.push_back(static_cast<std::byte>(bits_for(all_gaps)));
    out.push_back(static_cast<std::byte>(bits_for(all_frequencies)));
    pack_bits(std::span(gaps).first(block.size()), bits_for(all_gaps), out);
    pack_bits(std::span(frequencies).first(block.size()), bits_for(all_frequencies), out);
}

}  // namespace

float ImpactFront::bound(const LengthNorm& norm, float weight) const {
    float most = 0;
    for (std::size_t i = 0; i < frequency.size(); ++i) {
        if (frequency[i] == 255) {
            return weight * bound_slack;
        }
        if (frequency[i] > 0) {
            most = std::max(most,
                            norm.contribution(weight, frequency[i], length[i] * front_length_unit));
        }
    }
    return most * bound_slack;
}

TermRow write_postings(std::span<const Posting> postings, std::span<const std::uint32_t> lengths,
                       std::vector<std::byte>& out) {
    TermRow row;
    row.offset = out.size();
    row.count = static_cast<std::uint32_t>(postings.size());
    row.front = make_front(postings, lengths);
    const std::size_t blocks = (postings.size() + postings_block - 1) / postings_block;
    if (blocks > 1) {
        out.resize(out.size() + blocks * sizeof(BlockRow));
    }
    std::uint32_t next = 0;
    for (std::size_t b = 0; b < blocks; ++b) {
        const auto block = postings.subspan(
            b * postings_block, std::min(postings_block, postings.size() - b * postings_block));
        if (blocks > 1) {
            put(out, row.offset + b * sizeof(BlockRow),
                BlockRow{block.back().local, static_cast<std::uint32_t>(out.size() - row.offset),
                         make_front(block, lengths)});
        }
        write_block(block, next, out);
    }
    return row;
}

PostingCursor::PostingCursor(const TermRow& row, const std::byte* bytes)
    : list_(bytes + row.offset), count_(row.count), front_(row.front) {
    if (count_ == 0) {
        local_ = no_local;
    } else {
        enter_block(0);
    }
}

BlockRow PostingCursor::block_row(std::size_t block) const {
    BlockRow row;
    std::memcpy(&row, list_ + block * sizeof row, sizeof row);
    return row;
}

Local PostingCursor::block_last(std::size_t block) const {
    Local last = 0;
    std::memcpy(&last, list_ + block * sizeof(BlockRow), sizeof last);
    return last;
}

void PostingCursor::enter_block(std::size_t block) {
    block_ = block;
    at_ = 0;
    in_block_ = std::min<std::size_t>(postings_block, count_ - block * postings_block);
    const bool one = block_count() == 1;
    const std::byte* data = one ? list_ : list_ + block_row(block).offset;
    const auto gap_bits = std::to_integer<unsigned>(data[0]);
    frequency_bits_ = std::to_integer<unsigned>(data[1]);
    unpack_bits(data + 2, gap_bits, std::span(locals_).first(in_block_));
    packed_frequencies_ = data + 2 + packed_bytes(in_block_, gap_bits);
    frequencies_unpacked_ = false;
    std::uint32_t next = block == 0 ? 0 : block_last(block - 1) + 1;
    for (std::size_t i = 0; i < in_block_; ++i) {
        locals_[i] += next;
        next = locals_[i] + 1;
    }
    local_ = locals_[0];
}

std::uint32_t PostingCursor::frequency() {
    if (!frequencies_unpacked_) {
        unpack_bits(packed_frequencies_, frequency_bits_, std::span(frequencies_).first(in_block_));
        frequencies_unpacked_ = true;
    }
    return frequencies_[at_] + 1;
}

void PostingCursor::next() {
    if (++at_ < in_block_) {
        local_ = locals_[at_];
    } else if (block_ + 1 < block_count()) {
        enter_block(block_ + 1);
    } else {
        local_ = no_local;
    }
}

/// The first block from `from` on that ends at or after the target; the number of blocks if none.
std::size_t PostingCursor::find_block(std::size_t from, Local target) const {
    const std::size_t blocks = block_count();
    if (blocks == 1) {
        return from;
    }
    std::size_t step = 1;
    std::size_t low = from;
    std::size_t high = from;
    while (high < blocks && block_last(high) < target) {
        low = high + 1;
        high += step;
        step *= 2;
    }
    high = std::min(high, blocks);
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (block_last(middle) < target) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void PostingCursor::seek(Local target) {
    if (local_ >= target) {
        return;
    }
    if (locals_[in_block_ - 1] < target) {
        const std::size_t block = find_block(block_ + 1, target);
        if (block >= block_count()) {
            local_ = no_local;
            at_ = in_block_;
            return;
        }
        enter_block(block);
    }
    const std::uint32_t* const end = locals_.data() + in_block_;
    const std::uint32_t* const from = locals_.data() + at_;
    const std::uint32_t* const found = std::lower_bound(from, end, target);
    if (found == end) {
        local_ = no_local;
        at_ = in_block_;
        return;
    }
    at_ = static_cast<std::size_t>(found - locals_.data());
    local_ = *found;
}

std::uint32_t PostingCursor::rank(Local target) {
    seek(target);
    return local_ == no_local ? count_ : static_cast<std::uint32_t>(block_ * postings_block + at_);
}

float PostingCursor::bound(Local begin, Local end, const LengthNorm& norm, float weight) {
    if (block_count() == 1) {
        return front_.bound(norm, weight);
    }
    bound_block_ = find_block(bound_block_, begin);
    float most = 0;
    for (std::size_t block = bound_block_; block < block_count(); ++block) {
        const BlockRow row = block_row(block);
        if (block > 0 && block_last(block - 1) + 1 >= end) {
            break;
        }
        most = std::max(most, row.front.bound(norm, weight));
    }
    return most;
}

}  // namespace rag::index
