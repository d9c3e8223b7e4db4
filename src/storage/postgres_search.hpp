#pragma once

#include "rag/search_index.hpp"
#include "storage/postgres_common_words.hpp"
#include "storage/postgres_pool.hpp"

#include <optional>

namespace rag::storage {

/// `SearchIndex` answered by the database: cosine order, exact unless there is a graph of the space
/// (PostgresVectorIndexes), and words by ts_rank, so `ideal` is null. Of many chunks, frequencies
/// of words are the server's estimates, and chunks that hold nothing but a question's frequent
/// words are ranked only where those that hold its rare ones are too few. Safe for concurrent use;
/// the pool must outlive it and its schema must be there.
class PostgresSearch final : public SearchIndex {
public:
    explicit PostgresSearch(PostgresPool& pool) : pool_(pool), common_words_(pool) {}

    Candidates nearest(const CallContext& context, const SearchScope& scope,
                       const EmbeddingSpace& space, std::span<const float> query,
                       std::size_t count) override;
    WordCandidates best_words(const CallContext& context, const SearchScope& scope,
                              const WordQuery& query, std::size_t count) override;
    std::vector<std::optional<double>> similarities(const CallContext& context,
                                                    const EmbeddingSpace& space,
                                                    std::span<const float> query,
                                                    std::span<const ChunkId> chunks) override;
    std::vector<double> word_scores(const CallContext& context, const SearchScope& scope,
                                    const WordQuery& query,
                                    std::span<const ChunkId> chunks) override;
    WordStatistics count_words(const CallContext& context, const SearchScope& scope,
                               std::span<const std::string> stems) override;
    std::vector<Passage> load(const CallContext& context, std::span<const ChunkId> chunks) override;
    std::int64_t count(const CallContext& context, const SearchScope& scope) override;

private:
    /// Terms as a tsquery; an empty one names none.
    struct Wanted {
        std::string any;
        std::string none;
    };

    std::optional<Candidates> nearest_by_graph(const CallContext& context, const SearchScope& scope,
                                               const EmbeddingSpace& space,
                                               std::span<const float> query, std::size_t count);
    Candidates match(const CallContext& context, const SearchScope& scope, const WordQuery& query,
                     const Wanted& wanted, std::size_t count);

    PostgresPool& pool_;
    PostgresCommonWords common_words_;
};

}  // namespace rag::storage
