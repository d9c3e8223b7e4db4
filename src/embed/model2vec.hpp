#pragma once

#include "embed/safetensors.hpp"
#include "embed/tokenizer_file.hpp"
#include "embed/vocabulary.hpp"
#include "embed/word_piece.hpp"
#include "rag/embedder.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rag::embed {

/// A static model in the form of Model2Vec (MinishLab): a text is the mean of its tokens' vectors,
/// each times its weight where the model has weights, here always brought to unit length, whatever
/// config.json says of that. Constant after construction: safe for concurrent use without a lock.
class Model2Vec final : public Embedder {
public:
    /// `safetensors` must outlive the model: the vectors are read from it in place. It holds
    /// "embeddings" (or only one two-dimensional array) of F32, F16 or I8, and where it has them
    /// "weights" (by token) and "mapping" (from token to row). Throws Error{corrupt} when the parts
    /// do not fit each other, Error{invalid_argument} for a kind of model that is not supported.
    Model2Vec(std::string name, std::string_view tokenizer_json,
              std::span<const std::byte> safetensors);

    const EmbeddingSpace& space() const override { return space_; }
    FusionConstants fusion() const override { return {.dense_weight = 0.5}; }

    std::vector<Vector> embed_passages(const CallContext& context,
                                       std::span<const std::string> texts) override;
    Vector embed_query(const CallContext& context, std::string_view text,
                       const CountWords& count_words) override;

private:
    struct Row {
        std::size_t number = 0;
        float weight = 1.0F;
    };
    void take_embeddings(const std::vector<Tensor>& tensors);
    void take_rows(const std::vector<Tensor>& tensors);
    Vector embed_text(std::string_view text) const;

    const TokenizerFile tokenizer_;
    const Vocabulary vocabulary_;
    const WordPiece word_piece_;
    const TokenId unknown_;
    Tensor embeddings_;
    std::vector<Row> rows_;  ///< By token.
    EmbeddingSpace space_;
};

/// Opens a folder with tokenizer.json and model.safetensors; the latter stays mapped. The space is
/// "model2vec/<name of the folder>". Throws Error{invalid_argument} for files that cannot be read.
std::unique_ptr<Embedder> open_model2vec(const std::filesystem::path& folder);

}  // namespace rag::embed
