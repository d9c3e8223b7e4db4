#pragma once

#include "rag/context.hpp"
#include "rag/document.hpp"
#include "rag/word_query.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rag {

/// How well a model's similarities go with word scores (memory/fusion.hpp). Measured for each
/// space.
struct FusionConstants {
    double dense_weight = 0.5;       ///< Factor of the cosine beside `bm25 / ideal`.
    double default_threshold = 0.0;  ///< Least similarity in `vector` mode when none is given.
};

/// Asked by an embedder that weighs a query by the searched collection.
using CountWords = std::function<WordStatistics(std::span<const std::string> stems)>;

/// Turns text into vectors of one space. Implementations are safe for concurrent use.
class Embedder {
public:
    virtual ~Embedder() = default;

    virtual const EmbeddingSpace& space() const = 0;
    virtual FusionConstants fusion() const = 0;

    /// One vector for each text, in order, of unit length (zeros for a text without a known token).
    /// Splits into requests of its own. Throws Error{unavailable} naming the service.
    virtual std::vector<Vector> embed_passages(const CallContext& context,
                                               std::span<const std::string> texts) = 0;
    /// `count_words` may be called once with the stems of the query.
    virtual Vector embed_query(const CallContext& context, std::string_view text,
                               const CountWords& count_words) = 0;
};

}  // namespace rag
