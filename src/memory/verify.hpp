#pragma once

#include "rag/embedder.hpp"
#include "rag/index_source.hpp"
#include "rag/search_index.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rag::memory {

constexpr std::size_t verify_depth = 10;  ///< Hits of a list that are compared.
constexpr std::size_t verify_sample_max = 10'000;

struct VerifyPorts {
    IndexSource& source;  ///< The truth, read whole.
    SearchIndex& tested;
    SearchIndex& store;  ///< What answers from the database; judges the words.
    Embedder& embedder;
};

struct VerifyOptions {
    std::size_t sample = 50;   ///< Questions, each made from a stored passage.
    double recall_min = 0.95;  ///< Least recall of the vectors and overlap of the words.
    std::uint64_t seed = 1;    ///< Equal seeds choose equal passages of equal stores.
};

struct CountDifference {
    std::string collection;
    std::int64_t in_store = 0;
    std::int64_t in_index = 0;
};

struct VerifyReport {
    std::size_t questions = 0;
    std::int64_t chunks = 0;  ///< In the store.
    /// Of the ten most similar passages by exact float arithmetic, the share that was found; a
    /// passage whose exact similarity is within the promised error (0.002) of the tenth counts.
    double recall = 1;
    double recall_worst = 1;
    /// Of the ten best by words, the share that the database has too; null where its scores are
    /// not BM25 and so prove nothing.
    std::optional<double> word_overlap;
    std::vector<CountDifference> counts;  ///< Collections of which the index holds another number.
    SearchPath path = SearchPath::store;  ///< What answered.
    bool good = true;                     ///< Nothing is below the bound and nothing differs.
};

/// Reads the whole store twice: to choose passages, and to compare every vector with every
/// question. Memory is bounded by the sample. Reports progress. What is written meanwhile may show
/// as a difference.
VerifyReport verify(const CallContext& context, const VerifyPorts& ports,
                    const VerifyOptions& options);

}  // namespace rag::memory
