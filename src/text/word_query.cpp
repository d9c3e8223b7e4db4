#include "text/word_scan.hpp"
#include "text/words.hpp"

#include <unordered_map>

namespace rag::text {
namespace {

/// The questions' distinct terms in the order of their first appearance.
class TermCollector final {
public:
    void add(std::string_view term, std::string_view word) {
        const bool stop = is_stop_word(word);
        const auto [place, added] = places_.try_emplace(std::string(term), terms_.size());
        if (!added) {
            terms_[place->second].stop &= stop;
        } else if (terms_.size() < query_terms_max) {
            terms_.push_back({std::string(term), stop});
        } else {
            places_.erase(place);
        }
    }

    std::vector<QueryTerm> take() {
        if (std::all_of(terms_.begin(), terms_.end(), [](const auto& term) { return term.stop; })) {
            for (QueryTerm& term : terms_) {
                term.stop = false;
            }
        }
        return std::move(terms_);
    }

private:
    std::vector<QueryTerm> terms_;
    std::unordered_map<std::string, std::size_t> places_;
};

struct Quote {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool opens = false;
    bool closes = false;
};

/// A quote opens before a word and closes after one, so that 5" and 3'6" are none.
std::vector<Quote> find_quotes(std::string_view text) {
    std::vector<Quote> quotes;
    for (std::size_t i = 0; i < text.size();) {
        const DecodedCodePoint c = decode_utf8(text, i);
        const std::size_t end = i + c.bytes;
        if (c.value == '"' || c.value == 0x201C || c.value == 0x201D || c.value == 0x201E) {
            const bool after_word =
                i > 0 && kind_of(code_point_before(text, i).value) != CharacterKind::separator;
            const bool before_word = end < text.size() && kind_of(decode_utf8(text, end).value) !=
                                                              CharacterKind::separator;
            quotes.push_back(
                {i, end, c.value != 0x201D && !after_word, c.value != 0x201E && !before_word});
        }
        i = end;
    }
    return quotes;
}

/// A lone identifier in quotes stands in the index as itself and then in parts; another identifier
/// that holds it (`src/net` in `src/net/client.cpp`) has only the parts in common. So the phrase is
/// the parts. `words` are the folded words behind the terms.
void keep_parts_of_lone_identifier(std::vector<std::string>& phrase,
                                   const std::vector<std::string>& words) {
    if (phrase.size() < 2) {
        return;
    }
    std::string whole = words.front();
    std::erase_if(whole, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x80 && ascii_kinds[byte] == CharacterKind::separator;
    });
    std::string parts;
    for (std::size_t i = 1; i < words.size(); ++i) {
        parts += words[i];
    }
    if (whole == parts) {
        phrase.erase(phrase.begin());
    }
}

std::vector<std::vector<std::string>> find_phrases(std::string_view text) {
    std::vector<std::vector<std::string>> phrases;
    std::size_t terms_left = query_terms_max;
    const Quote* open = nullptr;
    const std::vector<Quote> quotes = find_quotes(text);
    for (const Quote& quote : quotes) {
        if (open == nullptr || !quote.closes) {
            open = open == nullptr && quote.opens ? &quote : open;
            continue;
        }
        std::vector<std::string> phrase;
        std::vector<std::string> words;
        scan_text(text.substr(open->end, quote.begin - open->end),
                  [&](std::string_view term, std::string_view word) {
                      if (terms_left > 0) {
                          phrase.emplace_back(term);
                          words.emplace_back(word);
                          --terms_left;
                      }
                  });
        keep_parts_of_lone_identifier(phrase, words);
        if (!phrase.empty()) {
            phrases.push_back(std::move(phrase));
        }
        open = nullptr;
    }
    return phrases;
}

}  // namespace

WordQuery parse_word_query(std::string_view text) {
    TermCollector terms;
    scan_text(text, [&](std::string_view term, std::string_view word) { terms.add(term, word); });
    return {terms.take(), find_phrases(text)};
}

}  // namespace rag::text
