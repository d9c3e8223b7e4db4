#pragma once

#include "embed/vocabulary.hpp"
#include "embed/word_piece.hpp"
#include "rag/embedder.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rag::embed {

/// A static model's files, mapped or compiled in. They must outlive the model.
struct StaticModelFiles {
    std::string_view vocabulary;  ///< A token a line.
    /// For each token a float32 scale; then for each token `dimensions` int8 codes; little-endian.
    std::span<const std::byte> rows;
};

/// One learned vector for each subword; a text is the sum over its distinct tokens of
/// (1 + ln tf) * E[token], of unit length. How much a token says lies in the length of its row.
///
/// A query's tokens are also weighed by how rare their words are where the search goes on:
/// the inverse document frequency of BM25 (Robertson and Zaragoza 2009, in Lucene's form that is
/// never negative),
///     idf(df) = ln(1 + (N - df + 0.5) / (df + 0.5)),
/// of the stem of the word that the token came from, divided by ln(1 + N). A stem never seen has
/// df = 0; a token that comes from several words takes their mean. Without statistics, or where
/// nothing is stored yet (N = 0), all weights are 1.
///
/// Words without a letter of the basic Latin alphabet, or a digit, are left out; a query that is
/// mostly made of them has no vector (all zeros), and words alone answer it.
///
/// Constant after construction: safe for concurrent use without a lock.
class StaticModel final : public Embedder {
public:
    /// Throws Error{corrupt} when the files do not fit each other.
    StaticModel(EmbeddingSpace space, const StaticModelFiles& files, FusionConstants fusion);

    const EmbeddingSpace& space() const override { return space_; }
    FusionConstants fusion() const override { return fusion_; }

    std::vector<Vector> embed_passages(const CallContext& context,
                                       std::span<const std::string> texts) override;
    Vector embed_query(const CallContext& context, std::string_view text,
                       const CountWords& count_words) override;

    /// The tokens of a text in their order, for those who look into the model.
    std::vector<std::string_view> tokens_of(std::string_view text) const;

private:
    void add_token(std::span<float> sum, TokenId token, float weight) const;
    void append_tokens(std::string_view text, std::vector<TokenId>& tokens) const;
    Vector embed_tokens(std::vector<TokenId>& tokens) const;

    const EmbeddingSpace space_;
    const FusionConstants fusion_;
    const Vocabulary vocabulary_;
    const WordPiece word_piece_;
    const std::byte* const scales_;
    const std::byte* const codes_;
};

/// The weight of a word of which `frequency` of `chunk_count` chunks hold the stem; see
/// StaticModel.
double query_weight(std::int64_t frequency, std::int64_t chunk_count);

}  // namespace rag::embed
