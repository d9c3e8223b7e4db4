#pragma once

#include "storage/postgres_pool.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace rag::storage {

/// How many chunks hold each of the most frequent terms, as the server estimated it when it last
/// analysed the table: about a thousand, of which the rarest is in one chunk of a hundred or so.
struct CommonWords {
    std::int64_t chunk_count = 0;
    std::unordered_map<std::string, std::int64_t> frequencies;
};

/// Reads these estimates (pg_stats) and keeps them a while. A frequent term is in so many rows that
/// counting it takes longer than the search which wanted to know. Safe for concurrent use.
class PostgresCommonWords {
public:
    /// Below so many chunks counting is cheap, and true.
    static constexpr std::int64_t chunks_min = 20'000;

    /// The pool must outlive this.
    explicit PostgresCommonWords(PostgresPool& pool) : pool_(pool) {}

    /// The estimates; null where there are few chunks, or the server has made none yet.
    std::shared_ptr<const CommonWords> read(PostgresTransaction& transaction);
    /// The same out of a transaction of its own, where nothing is kept.
    std::shared_ptr<const CommonWords> read(const CallContext& context);

private:
    struct Kept {
        std::shared_ptr<const CommonWords> words;
        std::chrono::steady_clock::time_point until;
    };
    bool find_kept(std::shared_ptr<const CommonWords>& words) const;

    PostgresPool& pool_;
    mutable std::mutex mutex_;
    Kept kept_;  ///< Guarded by mutex_.
};

}  // namespace rag::storage
