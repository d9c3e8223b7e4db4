#include "text/words.hpp"

#include <algorithm>
#include <array>

namespace rag::text {
namespace {

// Function words and question words: frequent in any text, and silent about what it is about.
constexpr auto stop_words = std::to_array<std::string_view>({
    "a",      "about",   "above",    "after",   "again",    "all",    "also",     "am",
    "an",     "and",     "any",      "are",     "as",       "at",     "be",       "because",
    "been",   "before",  "being",    "below",   "between",  "both",   "but",      "by",
    "can",    "can't",   "cannot",   "could",   "couldn't", "did",    "didn't",   "do",
    "does",   "doesn't", "doing",    "don't",   "during",   "each",   "either",   "else",
    "ever",   "every",   "for",      "from",    "further",  "had",    "has",      "hasn't",
    "have",   "haven't", "having",   "he",      "her",      "here",   "hers",     "herself",
    "him",    "himself", "his",      "how",     "i",        "if",     "in",       "into",
    "is",     "isn't",   "it",       "its",     "itself",   "just",   "may",      "me",
    "might",  "more",    "most",     "must",    "my",       "myself", "neither",  "no",
    "nor",    "not",     "of",       "on",      "once",     "only",   "or",       "other",
    "our",    "ours",    "out",      "over",    "own",      "shall",  "she",      "should",
    "so",     "some",    "such",     "than",    "that",     "the",    "their",    "theirs",
    "them",   "then",    "there",    "these",   "they",     "this",   "those",    "through",
    "to",     "too",     "under",    "until",   "up",       "us",     "very",     "was",
    "wasn't", "we",      "were",     "weren't", "what",     "when",   "where",    "whether",
    "which",  "while",   "who",      "whom",    "whose",    "why",    "will",     "with",
    "won't",  "would",   "wouldn't", "you",     "your",     "yours",  "yourself",
});

static_assert(std::is_sorted(stop_words.begin(), stop_words.end()));

}  // namespace

bool is_stop_word(std::string_view folded_word) {
    return std::binary_search(stop_words.begin(), stop_words.end(), folded_word);
}

}  // namespace rag::text
