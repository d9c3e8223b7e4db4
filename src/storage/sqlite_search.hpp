#pragma once

#include "rag/search_index.hpp"
#include "storage/sqlite_database.hpp"

#include <memory>

namespace rag::storage {

/// SearchIndex that asks the SQLite file itself: an exact scan of the vectors, FTS5 for the words.
/// Every search sees everything that was committed before it began.
class SqliteSearch final : public SearchIndex {
public:
    explicit SqliteSearch(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

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
    std::shared_ptr<SqliteDatabase> database_;
};

}  // namespace rag::storage
