#pragma once

#include "bench/text_source.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace rag::bench {

/// Makes text that has the statistics of a language without being one: words of syllables, drawn by
/// Zipf's law from a vocabulary, in sentences, paragraphs and sections, each document with a topic
/// whose words recur. The same seed gives the same text.
class TextMaker final : public TextSource {
public:
    explicit TextMaker(std::uint64_t seed, std::size_t vocabulary_size = 30'000);

    /// A Markdown document of about so many bytes.
    std::string make_document(std::size_t bytes) override;
    /// A question of so many words about what documents speak of.
    std::string make_question(std::size_t words) override;

private:
    const std::string& draw_word(std::size_t topic);
    std::string make_sentence(std::size_t topic);

    std::mt19937_64 random_;
    std::vector<std::string> vocabulary_;
    std::vector<double> cumulative_;  ///< Of 1 / rank.
};

}  // namespace rag::bench
