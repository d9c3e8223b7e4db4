#include "text/words.hpp"

#include "text/word_scan.hpp"

namespace rag::text {

std::vector<std::string> index_terms(std::string_view text) {
    std::vector<std::string> terms;
    terms.reserve(text.size() / 6 + 1);
    scan_text(text, [&](std::string_view term, std::string_view) { terms.emplace_back(term); });
    return terms;
}

std::string stem_word(std::string_view word) {
    std::string first;
    scan_text(word, [&](std::string_view term, std::string_view) {
        if (first.empty()) {
            first = term;
        }
    });
    return first;
}

}  // namespace rag::text
