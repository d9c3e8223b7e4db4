#include "embed/static_model.hpp"

#include "embed/rows.hpp"
#include "embed/word_runs.hpp"
#include "rag/error.hpp"
#include "text/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_map>

namespace rag::embed {

namespace {

constexpr std::size_t texts_between_checks = 64;

/// The model was trained on English: of other scripts it has single characters at most, and they
/// say nothing. A word is worth looking at when some letter of it is of the basic Latin alphabet,
/// or it is a number.
bool is_readable(std::string_view word) {
    return std::ranges::any_of(word,
                               [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

/// A question's tokens, each with the number of the stem of the word that it came from.
struct QueryTokens {
    struct Entry {
        TokenId token;
        std::uint32_t stem;
    };
    std::vector<Entry> entries;
    std::vector<std::string> stems;  ///< Distinct.
    std::size_t bytes_read = 0;
    std::size_t bytes_unreadable = 0;  ///< Of words in other scripts.
};

QueryTokens cut_query(std::string_view text, const WordPiece& word_piece) {
    QueryTokens query;
    std::unordered_map<std::string, std::uint32_t> numbers;
    std::vector<TokenId> tokens;
    for_each_word(text, [&](std::string_view word) {
        if (!is_readable(word)) {
            query.bytes_unreadable += word.size();
            return;
        }
        tokens.clear();
        word_piece.append_tokens(word, tokens);
        if (tokens.empty()) {
            return;
        }
        query.bytes_read += word.size();
        const auto next = static_cast<std::uint32_t>(query.stems.size());
        const auto [place, is_new] = numbers.try_emplace(text::stem_word(word), next);
        if (is_new) {
            query.stems.push_back(place->first);
        }
        for (const TokenId token : tokens) {
            query.entries.push_back({token, place->second});
        }
    });
    return query;
}

/// One weight for each stem; all 1 where there is nothing to weigh by.
std::vector<double> weigh_stems(const std::vector<std::string>& stems,
                                const CountWords& count_words) {
    std::vector<double> weights(stems.size(), 1.0);
    if (!count_words || stems.empty()) {
        return weights;
    }
    const WordStatistics statistics = count_words(stems);
    if (statistics.chunk_count <= 0) {
        return weights;
    }
    if (statistics.frequencies.size() != stems.size()) {
        throw Error(ErrorCode::internal,
                    fmt::format("The word index counted {} stems where {} were asked for.",
                                statistics.frequencies.size(), stems.size()));
    }
    for (std::size_t i = 0; i < stems.size(); ++i) {
        weights[i] = query_weight(statistics.frequencies[i], statistics.chunk_count);
    }
    return weights;
}

float frequency_weight(std::size_t count) {
    return count == 1 ? 1.0F : 1.0F + std::log(static_cast<float>(count));
}

}  // namespace

double query_weight(std::int64_t frequency, std::int64_t chunk_count) {
    const auto n = static_cast<double>(chunk_count);
    const auto df = std::clamp(static_cast<double>(frequency), 0.0, n);
    return std::log(1.0 + (n - df + 0.5) / (df + 0.5)) / std::log(1.0 + n);
}

StaticModel::StaticModel(EmbeddingSpace space, const StaticModelFiles& files,
                         FusionConstants fusion)
    : space_(std::move(space)),
      fusion_(fusion),
      vocabulary_(files.vocabulary),
      word_piece_(vocabulary_, {}),
      scales_(files.rows.data()),
      codes_(files.rows.data() + vocabulary_.size() * sizeof(float)) {
    const std::size_t row_bytes = sizeof(float) + static_cast<std::size_t>(space_.dimensions);
    if (space_.dimensions <= 0 || files.rows.size() != vocabulary_.size() * row_bytes) {
        throw Error(
            ErrorCode::corrupt,
            fmt::format("The embedding model {} has {} tokens of {} dimensions, which its "
                        "rows of {} bytes do not fit.",
                        space_.model, vocabulary_.size(), space_.dimensions, files.rows.size()));
    }
}

std::vector<Vector> StaticModel::embed_passages(const CallContext& context,
                                                std::span<const std::string> texts) {
    std::vector<Vector> vectors;
    vectors.reserve(texts.size());
    std::vector<TokenId> tokens;
    for (const std::string& text : texts) {
        if (vectors.size() % texts_between_checks == 0) {
            context.check();
        }
        tokens.clear();
        append_tokens(text, tokens);
        vectors.push_back(embed_tokens(tokens));
    }
    return vectors;
}

Vector StaticModel::embed_query(const CallContext& context, std::string_view text,
                                const CountWords& count_words) {
    context.check();
    QueryTokens query = cut_query(text, word_piece_);
    if (query.bytes_unreadable > query.bytes_read) {
        // A number or a name in a sentence that cannot be read would speak for all of it.
        return Vector(static_cast<std::size_t>(space_.dimensions), 0.0F);
    }
    const std::vector<double> weights = weigh_stems(query.stems, count_words);
    std::ranges::sort(query.entries, {}, &QueryTokens::Entry::token);
    Vector sum(static_cast<std::size_t>(space_.dimensions), 0.0F);
    const auto& entries = query.entries;
    for (std::size_t begin = 0; begin < entries.size();) {
        double weight = 0;
        std::size_t end = begin;
        while (end < entries.size() && entries[end].token == entries[begin].token) {
            weight += weights[entries[end].stem];
            ++end;
        }
        const std::size_t count = end - begin;
        const auto mean = static_cast<float>(weight / static_cast<double>(count));
        add_token(sum, entries[begin].token, mean * frequency_weight(count));
        begin = end;
    }
    normalize(sum);
    return sum;
}

std::vector<std::string_view> StaticModel::tokens_of(std::string_view text) const {
    std::vector<TokenId> tokens;
    append_tokens(text, tokens);
    std::vector<std::string_view> texts;
    texts.reserve(tokens.size());
    for (const TokenId token : tokens) {
        texts.push_back(vocabulary_.text(token));
    }
    return texts;
}

void StaticModel::append_tokens(std::string_view text, std::vector<TokenId>& tokens) const {
    for_each_word(text, [&](std::string_view word) {
        if (is_readable(word)) {
            word_piece_.append_tokens(word, tokens);
        }
    });
}

Vector StaticModel::embed_tokens(std::vector<TokenId>& tokens) const {
    // Sorting counts without a table, and makes the order of addition independent of the text's.
    std::sort(tokens.begin(), tokens.end());
    Vector sum(static_cast<std::size_t>(space_.dimensions), 0.0F);
    for (std::size_t begin = 0; begin < tokens.size();) {
        std::size_t end = begin + 1;
        while (end < tokens.size() && tokens[end] == tokens[begin]) {
            ++end;
        }
        add_token(sum, tokens[begin], frequency_weight(end - begin));
        begin = end;
    }
    normalize(sum);
    return sum;
}

void StaticModel::add_token(std::span<float> sum, TokenId token, float weight) const {
    float scale = 0;
    std::memcpy(&scale, scales_ + token * sizeof scale, sizeof scale);
    add_int8_row(sum, codes_ + std::size_t{token} * sum.size(), weight * scale);
}

}  // namespace rag::embed
