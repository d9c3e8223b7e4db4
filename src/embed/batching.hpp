#pragma once

#include "rag/embedder.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rag::embed {

struct BatchLimits {
    std::size_t texts_max = 128;
    /// Of the texts together; a single longer text makes a batch of its own.
    std::size_t bytes_max = 256 * 1024;
};

/// Hands long lists on in pieces, so that one call of the embedder within never holds more than a
/// batch, and looks between them whether the caller still wants the rest.
class Batching final : public Embedder {
public:
    Batching(std::unique_ptr<Embedder> embedder, const BatchLimits& limits);

    const EmbeddingSpace& space() const override { return embedder_->space(); }
    FusionConstants fusion() const override { return embedder_->fusion(); }

    std::vector<Vector> embed_passages(const CallContext& context,
                                       std::span<const std::string> texts) override;
    Vector embed_query(const CallContext& context, std::string_view text,
                       const CountWords& count_words) override;

private:
    const std::unique_ptr<Embedder> embedder_;
    const BatchLimits limits_;
};

/// The first texts of `texts` (one at least, unless there is none) that make a batch.
std::size_t count_batch(std::span<const std::string> texts, const BatchLimits& limits);

}  // namespace rag::embed
