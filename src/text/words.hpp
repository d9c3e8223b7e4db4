#pragma once

#include "rag/word_query.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rag::text {

constexpr std::size_t term_bytes_max = 128;   ///< A longer run of characters is cut there.
constexpr std::size_t query_terms_max = 256;  ///< Further terms of a question are ignored.

/// The terms of a text in the order of their positions, repeats included: NFKC, case folded,
/// accents stripped; words stemmed (Snowball English); identifiers, versions and paths kept whole
/// and also given in parts (`readFile`, `foo_bar`, `v1.2.3`, `/etc/hosts`, `user@example.com`);
/// runs of scripts without spaces (Han, Kana, Thai, Lao, Khmer, Myanmar; Hangul too) as overlapping
/// bigrams, a single character by itself. Stop words are terms like any other. No term holds white
/// space or is empty. Any text is legal. Deterministic, safe for concurrent use.
std::vector<std::string> index_terms(std::string_view text);

/// The question's distinct terms, made as index_terms makes them, with stop words marked, and its
/// parts in double quotes as phrases (an unmatched quote is no quote). When all words are stop
/// words none is marked. Any text is legal; one without a word gives an empty query.
WordQuery parse_word_query(std::string_view text);

/// The stem of one word as it stands in the index (same folding), e.g. "Rotated" -> "rotat".
std::string stem_word(std::string_view word);

/// Whether the folded, unstemmed word is an English stop word.
bool is_stop_word(std::string_view folded_word);

}  // namespace rag::text
