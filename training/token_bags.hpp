#pragma once

#include "pairs.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace rag::training {

struct BagEntry {
    std::uint32_t token;
    float weight;  ///< 1 + ln tf, as in embed/static_model.hpp.
};

/// A text as the model sees it, for many texts in one array.
class TokenBags {
public:
    void add(std::vector<std::uint32_t>& tokens);  ///< Sorts them.
    std::size_t size() const { return begins_.size() - 1; }
    std::span<const BagEntry> operator[](std::size_t text) const {
        return std::span(entries_).subspan(begins_[text], begins_[text + 1] - begins_[text]);
    }

private:
    std::vector<BagEntry> entries_;
    std::vector<std::size_t> begins_{0};
};

/// One source's pairs, cut into tokens. Texts without a token are left out.
struct SourceBags {
    float weight = 1;
    std::vector<std::uint64_t> groups;
    TokenBags left;
    TokenBags right;
};

/// `vocabulary` holds a token a line.
std::vector<SourceBags> cut_into_bags(const std::vector<SourcePairs>& sources,
                                      std::string_view vocabulary);

}  // namespace rag::training
