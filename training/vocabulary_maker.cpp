#include "vocabulary_maker.hpp"

#include "base/utf8.hpp"
#include "embed/word_runs.hpp"

#include <algorithm>
#include <map>
#include <queue>
#include <set>
#include <utility>

namespace rag::training {

namespace {

using Symbol = std::uint32_t;
using SymbolPair = std::pair<Symbol, Symbol>;

constexpr Symbol no_symbol = UINT32_MAX;

bool is_word(std::string_view word) {
    const auto first = static_cast<unsigned char>(word.front());
    if (first < 0x80) {
        return embed::ascii_kind(first) != embed::CharacterKind::symbol;
    }
    const embed::DecomposedCharacter parts = embed::decompose_character(decode_utf8(word, 0).value);
    return parts.count > 0 && parts.parts[0].kind != embed::CharacterKind::symbol;
}

std::vector<std::string> characters_of(std::string_view word) {
    std::vector<std::string> characters;
    for (std::size_t at = 0; at < word.size();) {
        const std::size_t bytes = decode_utf8(word, at).bytes;
        characters.push_back((at == 0 ? "" : "##") + std::string(word.substr(at, bytes)));
        at += bytes;
    }
    return characters;
}

struct Word {
    std::vector<Symbol> symbols;
    std::uint64_t count = 0;
};

class Merger {
public:
    Merger(const WordCounts& counts, const VocabularyOptions& options) : options_(options) {
        // By text, so that the result does not depend on the hash table's order.
        const std::map<std::string, std::uint64_t> sorted(counts.counts().begin(),
                                                          counts.counts().end());
        add_characters(sorted);
        for (const auto& [text, count] : sorted) {
            if (count >= options.word_count_min) {
                add_word(text, count);
            }
        }
        for (std::size_t i = 0; i < words_.size(); ++i) {
            count_pairs(i, 1);
        }
        for (const auto& [pair, count] : pair_counts_) {
            heap_.push({count, pair});
        }
    }

    std::vector<std::string> merge() {
        const std::size_t kept = std::min(options_.whole_words_max, options_.whole_words.size());
        const std::size_t merged_max = options_.tokens - std::min(options_.tokens, kept);
        while (symbols_.size() < merged_max && !heap_.empty()) {
            const Entry best = heap_.top();
            heap_.pop();
            const auto found = pair_counts_.find(best.pair);
            if (found == pair_counts_.end() || found->second != best.count) {
                continue;  // Outdated; its successor is in the heap too.
            }
            if (best.count < options_.word_count_min) {
                break;
            }
            apply(best.pair);
        }
        add_whole_words(kept);
        return std::move(symbols_);
    }

private:
    struct Entry {
        std::uint64_t count;
        SymbolPair pair;
        bool operator<(const Entry& other) const {
            return count != other.count ? count < other.count : pair > other.pair;
        }
    };

    void add_whole_words(std::size_t count) {
        for (const std::string& word : options_.whole_words) {
            const std::size_t before = symbols_.size();
            if (count == 0 || before >= options_.tokens) {
                return;
            }
            symbol_of(word);
            count -= symbols_.size() - before;
        }
    }

    void add_characters(const std::map<std::string, std::uint64_t>& words) {
        std::map<std::string, std::uint64_t> counts;
        for (const auto& [word, count] : words) {
            for (std::string& character : characters_of(word)) {
                counts[std::move(character)] += count;
            }
        }
        for (const auto& [character, count] : counts) {
            if (count >= options_.character_count_min) {
                symbol_of(character);
            }
        }
    }

    Symbol symbol_of(const std::string& text) {
        const auto [place, is_new] =
            numbers_.try_emplace(text, static_cast<Symbol>(symbols_.size()));
        if (is_new) {
            symbols_.push_back(text);
            const std::string_view bare =
                std::string_view(text).substr(text.starts_with("##") ? 2 : 0);
            lengths_.push_back(static_cast<std::size_t>(count_code_points(bare)));
        }
        return place->second;
    }

    void add_word(const std::string& text, std::uint64_t count) {
        Word word{{}, count};
        for (const std::string& character : characters_of(text)) {
            const auto found = numbers_.find(character);
            word.symbols.push_back(found == numbers_.end() ? no_symbol : found->second);
        }
        words_.push_back(std::move(word));
    }

    void count_pairs(std::size_t number, int direction) {
        const Word& word = words_[number];
        for (std::size_t i = 0; i + 1 < word.symbols.size(); ++i) {
            const SymbolPair pair{word.symbols[i], word.symbols[i + 1]};
            if (pair.first == no_symbol || pair.second == no_symbol) {
                continue;
            }
            std::uint64_t& count = pair_counts_[pair];
            if (direction > 0) {
                count += word.count;
                where_[pair].insert(number);
            } else {
                count -= word.count;
            }
            changed_.insert(pair);
        }
    }

    void apply(const SymbolPair& pair) {
        const std::size_t length = lengths_[pair.first] + lengths_[pair.second];
        if (length > options_.piece_characters_max) {
            pair_counts_.erase(pair);
            return;
        }
        const Symbol merged = symbol_of(symbols_[pair.first] + symbols_[pair.second].substr(2));
        changed_.clear();
        const std::set<std::size_t> holders = std::move(where_[pair]);
        where_.erase(pair);
        for (const std::size_t number : holders) {
            count_pairs(number, -1);
            merge_in(words_[number].symbols, pair, merged);
            count_pairs(number, 1);
        }
        for (const SymbolPair& other : changed_) {
            const auto found = pair_counts_.find(other);
            if (found != pair_counts_.end() && found->second == 0) {
                pair_counts_.erase(found);
            } else if (found != pair_counts_.end()) {
                heap_.push({found->second, other});
            }
        }
    }

    static void merge_in(std::vector<Symbol>& symbols, const SymbolPair& pair, Symbol merged) {
        std::size_t to = 0;
        for (std::size_t i = 0; i < symbols.size(); ++to) {
            const bool here =
                i + 1 < symbols.size() && symbols[i] == pair.first && symbols[i + 1] == pair.second;
            symbols[to] = here ? merged : symbols[i];
            i += here ? 2 : 1;
        }
        symbols.resize(to);
    }

    const VocabularyOptions options_;
    std::vector<std::string> symbols_;
    std::vector<std::size_t> lengths_;  ///< In code points.
    std::unordered_map<std::string, Symbol> numbers_;
    std::vector<Word> words_;
    std::map<SymbolPair, std::uint64_t> pair_counts_;
    std::map<SymbolPair, std::set<std::size_t>> where_;  ///< May name words that lost the pair.
    std::set<SymbolPair> changed_;
    std::priority_queue<Entry> heap_;
};

}  // namespace

void WordCounts::add(std::string_view text) {
    embed::for_each_word(text, [&](std::string_view word) {
        if (is_word(word)) {
            ++counts_[std::string(word)];
        }
    });
}

std::vector<std::string> make_vocabulary(const WordCounts& words,
                                         const VocabularyOptions& options) {
    return Merger(words, options).merge();
}

}  // namespace rag::training
