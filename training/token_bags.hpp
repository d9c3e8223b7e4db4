#pragma once

#include "embed/vocabulary.hpp"
#include "embed/word_piece.hpp"
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
    double weight = 1;
    std::vector<std::uint64_t> groups;
    TokenBags left;
    TokenBags right;
    std::vector<float> taught;  ///< In place of `right`: unit vectors that stay as they are.
};

/// Cuts texts as the model does.
class TokenCutter {
public:
    /// `vocabulary` holds a token a line and must outlive the object.
    explicit TokenCutter(std::string_view vocabulary)
        : words_(vocabulary), word_piece_(words_, {}) {}
    TokenCutter(const TokenCutter&) = delete;
    TokenCutter& operator=(const TokenCutter&) = delete;

    std::vector<std::uint32_t> cut(std::string_view text) const;

private:
    const embed::Vocabulary words_;
    const embed::WordPiece word_piece_;
};

/// `vocabulary` holds a token a line.
std::vector<SourceBags> cut_into_bags(const std::vector<SourcePairs>& sources,
                                      std::string_view vocabulary);

}  // namespace rag::training
