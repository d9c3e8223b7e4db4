#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rag::embed {

/// The settings of a tokenizer.json's BertNormalizer.
struct BertNormalizer {
    bool clean_text = true;            ///< Control characters are dropped.
    bool handle_chinese_chars = true;  ///< Each Han character is a word.
    bool strip_accents = true;
    bool lowercase = true;
};

/// Cuts text as BERT's normalizer and pre-tokenizer do (Devlin et al. 2019): at white space, each
/// punctuation mark a word of its own. Appends to `words`. Any bytes are legal text.
void append_bert_words(std::string_view text, const BertNormalizer& normalizer,
                       std::vector<std::string>& words);

}  // namespace rag::embed
