#include "token_bags.hpp"

#include "embed/word_runs.hpp"

#include <algorithm>
#include <cmath>

namespace rag::training {

void TokenBags::add(std::vector<std::uint32_t>& tokens) {
    std::ranges::sort(tokens);
    for (std::size_t begin = 0; begin < tokens.size();) {
        std::size_t end = begin;
        while (end < tokens.size() && tokens[end] == tokens[begin]) {
            ++end;
        }
        entries_.push_back({tokens[begin], 1.0F + std::log(static_cast<float>(end - begin))});
        begin = end;
    }
    begins_.push_back(entries_.size());
}

std::vector<std::uint32_t> TokenCutter::cut(std::string_view text) const {
    std::vector<std::uint32_t> tokens;
    embed::for_each_word(text,
                         [&](std::string_view word) { word_piece_.append_tokens(word, tokens); });
    return tokens;
}

std::vector<SourceBags> cut_into_bags(const std::vector<SourcePairs>& sources,
                                      std::string_view vocabulary) {
    const TokenCutter cutter(vocabulary);
    std::vector<SourceBags> bags;
    for (const SourcePairs& source : sources) {
        SourceBags& of_source = bags.emplace_back();
        of_source.weight = source.weight;
        for (const TextPair& pair : source.pairs) {
            std::vector<std::uint32_t> left = cutter.cut(pair.left);
            std::vector<std::uint32_t> right = cutter.cut(pair.right);
            if (!left.empty() && !right.empty()) {
                of_source.groups.push_back(pair.group);
                of_source.left.add(left);
                of_source.right.add(right);
            }
        }
    }
    return bags;
}

}  // namespace rag::training
