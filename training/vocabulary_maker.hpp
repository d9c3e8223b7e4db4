#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rag::training {

/// How often each word (embed/word_runs.hpp) of a text occurs; words without a letter or a digit
/// are not counted.
class WordCounts {
public:
    void add(std::string_view text);
    const std::unordered_map<std::string, std::uint64_t>& counts() const { return counts_; }

private:
    std::unordered_map<std::string, std::uint64_t> counts_;
};

struct VocabularyOptions {
    std::size_t tokens = 32'000;
    std::uint64_t word_count_min = 3;        ///< Rarer words teach no merges.
    std::uint64_t character_count_min = 50;  ///< Rarer characters are no tokens.
    std::size_t piece_characters_max = 24;
    std::vector<std::string> whole_words{};  ///< Tokens besides, the most wanted first.
    std::size_t whole_words_max = 0;         ///< So many of `tokens` are kept for them.
};

/// Tokens by byte-pair merges (Sennrich, Haddow and Birch 2016) over characters: those that do not
/// begin a word are marked "##". Characters first, then merges in their order; ends early when
/// nothing is left to merge. Then those whole words that are not tokens yet. Deterministic.
std::vector<std::string> make_vocabulary(const WordCounts& words, const VocabularyOptions& options);

}  // namespace rag::training
