#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rag {

/// A term as it stands in the word index: a stem, an exact identifier, an n-gram. Never holds white
/// space.
struct QueryTerm {
    std::string term;
    bool stop = false;  ///< A stop word: matches, but says nothing about relevance.
};

/// A question cut into terms (text/words.hpp); any text gives one, the empty one included.
struct WordQuery {
    std::vector<QueryTerm> terms;  ///< Distinct.
    /// Quoted parts: term sequences that must stand next to each other for a chunk to match.
    std::vector<std::vector<std::string>> phrases;

    bool empty() const { return terms.empty(); }
};

/// How many terms a score sums over: all but stop words.
inline std::size_t scored_words(const WordQuery& query) {
    return static_cast<std::size_t>(std::ranges::count(query.terms, false, &QueryTerm::stop));
}

/// Document frequencies, counted over chunks.
struct WordStatistics {
    std::int64_t chunk_count = 0;
    std::vector<std::int64_t> frequencies;  ///< One for each stem that was asked for.
};

}  // namespace rag
