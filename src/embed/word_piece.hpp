#pragma once

#include "embed/vocabulary.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rag::embed {

/// What becomes of a word of which some part is no token.
enum class UnknownPart {
    skip_character,  ///< The character is left out, the rest of the word is matched.
    drop_word,       ///< The word gives no token at all, as BERT has it.
};

struct WordPieceOptions {
    std::size_t piece_characters_max = 24;       ///< At most 128.
    std::size_t word_characters_max = SIZE_MAX;  ///< A longer word gives no token.
    UnknownPart unknown = UnknownPart::skip_character;
};

/// Cuts a word into the longest tokens that fit, from left to right (Schuster and Nakajima 2012; Wu
/// et al. 2016); those that do not begin the word are marked "##" in the vocabulary. Constant after
/// construction, safe for concurrent use.
class WordPiece {
public:
    /// `vocabulary` must outlive this object.
    WordPiece(const Vocabulary& vocabulary, const WordPieceOptions& options);

    /// Appends the tokens of one word of well-formed UTF-8. Linear in its length.
    void append_tokens(std::string_view word, std::vector<TokenId>& tokens) const;

private:
    struct Match {
        TokenId token = no_token;
        std::size_t end = 0;
    };
    Match longest_match(std::string_view word, std::size_t begin) const;

    const Vocabulary& vocabulary_;
    const WordPieceOptions options_;
    TokenId ascii_tokens_[128];  ///< The words of one ASCII character, most often punctuation.
};

}  // namespace rag::embed
