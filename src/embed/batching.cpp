#include "embed/batching.hpp"

#include <iterator>
#include <utility>

namespace rag::embed {

Batching::Batching(std::unique_ptr<Embedder> embedder, const BatchLimits& limits)
    : embedder_(std::move(embedder)), limits_(limits) {}

std::vector<Vector> Batching::embed_passages(const CallContext& context,
                                             std::span<const std::string> texts) {
    std::vector<Vector> vectors;
    vectors.reserve(texts.size());
    while (!texts.empty()) {
        context.check();
        const std::size_t count = count_batch(texts, limits_);
        std::vector<Vector> batch = embedder_->embed_passages(context, texts.first(count));
        std::move(batch.begin(), batch.end(), std::back_inserter(vectors));
        texts = texts.subspan(count);
    }
    return vectors;
}

Vector Batching::embed_query(const CallContext& context, std::string_view text,
                             const CountWords& count_words) {
    return embedder_->embed_query(context, text, count_words);
}

std::size_t count_batch(std::span<const std::string> texts, const BatchLimits& limits) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (count < texts.size() && count < limits.texts_max) {
        bytes += texts[count].size();
        if (count > 0 && bytes > limits.bytes_max) {
            break;
        }
        ++count;
    }
    return count;
}

}  // namespace rag::embed
