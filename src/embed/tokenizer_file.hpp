#pragma once

#include "embed/bert_words.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace rag::embed {

/// What a tokenizer.json says, for the kind of tokenizer that is read here.
struct TokenizerFile {
    std::string vocabulary;     ///< A token a line, by number; gaps are empty lines.
    std::string unknown_token;  ///< Never part of a text's vector.
    std::size_t word_characters_max = 100;
    BertNormalizer normalizer;
};

/// Reads a tokenizer.json with a WordPiece model, a BertNormalizer and a BertPreTokenizer. Throws
/// Error{corrupt} for what is none, and Error{invalid_argument} that names the kind for others.
TokenizerFile parse_tokenizer_file(std::string_view json);

}  // namespace rag::embed
