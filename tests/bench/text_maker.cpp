#include "bench/text_maker.hpp"

#include <algorithm>
#include <array>

namespace rag::bench {
namespace {

constexpr std::size_t topic_count = 500;
constexpr std::size_t topic_words = 40;
constexpr std::array<const char*, 24> syllables{
    "ka", "lo",  "mi",  "ren", "tas", "vor", "el",  "shi", "dan", "pu",   "gra", "nel",
    "os", "tri", "ber", "ua",  "fen", "co",  "zil", "wy",  "ham", "ster", "ion", "ble"};

}  // namespace

TextMaker::TextMaker(std::uint64_t seed, std::size_t vocabulary_size) : random_(seed) {
    // The vocabulary is the same for every seed, so that questions fit documents made elsewhere.
    std::mt19937_64 letters(1);
    double sum = 0;
    for (std::size_t i = 0; i < vocabulary_size; ++i) {
        std::string word;
        const std::size_t length = 1 + letters() % 4;
        for (std::size_t s = 0; s < length; ++s) {
            word += syllables[letters() % syllables.size()];
        }
        vocabulary_.push_back(word);
        sum += 1.0 / static_cast<double>(i + 2);
        cumulative_.push_back(sum);
    }
}

const std::string& TextMaker::draw_word(std::size_t topic) {
    if (random_() % 4 == 0) {
        const std::size_t rank =
            200 + (topic * 7919 + random_() % topic_words * 104'729) % (vocabulary_.size() - 200);
        return vocabulary_[rank];
    }
    const double at = std::uniform_real_distribution<double>(0, cumulative_.back())(random_);
    const auto found = std::lower_bound(cumulative_.begin(), cumulative_.end(), at);
    return vocabulary_[static_cast<std::size_t>(found - cumulative_.begin())];
}

std::string TextMaker::make_sentence(std::size_t topic) {
    std::string sentence;
    const std::size_t words = 6 + random_() % 14;
    for (std::size_t i = 0; i < words; ++i) {
        sentence += (i == 0 ? "" : " ") + draw_word(topic);
    }
    sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
    return sentence + ". ";
}

std::string TextMaker::make_document(std::size_t bytes) {
    const std::size_t topic = random_() % topic_count;
    std::string text = "# " + make_sentence(topic) + "\n\n";
    while (text.size() < bytes) {
        text += "## " + make_sentence(topic) + "\n\n";
        for (std::size_t paragraph = 0; paragraph < 3; ++paragraph) {
            for (std::size_t i = 0; i < 5; ++i) {
                text += make_sentence(topic);
            }
            text += "\n\n";
        }
    }
    return text;
}

std::string TextMaker::make_question(std::size_t words) {
    const std::size_t topic = random_() % topic_count;
    std::string question;
    for (std::size_t i = 0; i < words; ++i) {
        question += (i == 0 ? "" : " ") + draw_word(topic);
    }
    return question;
}

}  // namespace rag::bench
