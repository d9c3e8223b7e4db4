#pragma once

#include "index/copy.hpp"
#include "rag/index_source.hpp"
#include "rag/search_index.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace rag::index {

struct LocalIndexOptions {
    /// For what searches need of the copy; the largest collections that do not fit are left to the
    /// fallback.
    std::size_t memory_bytes_max = std::size_t{160} << 20;
    /// How often the feed is read when nobody asks.
    std::chrono::milliseconds poll{500};
    /// The file that the copy is kept in between runs, in a folder that is there; empty: nowhere.
    std::filesystem::path snapshot;
    /// Whether it is written at all.
    bool saves = true;
    /// A snapshot is written anew when the feed has moved on and this time has passed.
    std::chrono::milliseconds snapshot_interval{std::chrono::minutes(10)};
    GraphOptions graphs;  ///< Their folder is the snapshot's.
};

enum class CopyState {
    loading,    ///< There is none yet: the fallback answers.
    following,  ///< It hears of changes.
    cut_off,    ///< It does not hear from the source, and answers from what it has.
};

struct LocalIndexStatus {
    CopyState state = CopyState::loading;
    bool from_snapshot = false;              ///< Loaded from a file instead of built.
    std::optional<Timestamp> cut_off_since;  ///< While the source does not answer.
    /// Since the feed was last read to its end; null before the first time.
    std::optional<std::chrono::milliseconds> lag;
    bool ready = false;  ///< False while the fallback answers everything.
    std::int64_t chunk_count = 0;
    std::size_t segment_count = 0;
    std::size_t size_bytes = 0;
    std::size_t working_bytes = 0;       ///< Of these, what has to be in memory for searches.
    std::size_t graph_vectors = 0;       ///< That a graph answers for; the rest is scanned.
    std::vector<CollectionId> excluded;  ///< That the fallback answers because of their size.
    std::string trouble;  ///< Why the copy does not move on; empty: it does.
};

/// Answers searches from a copy in memory of what the source holds, without a round trip; the
/// fallback answers while the copy is being made and for collections that do not fit. A thread of
/// its own makes the copy and follows the source's feed. Searches wait only for what this process
/// has written (note_written). When the source does not answer, the copy goes on answering.
class LocalIndex final : public SearchIndex {
public:
    /// Source and fallback must outlive the index. Until it is started the fallback answers.
    LocalIndex(IndexSource& source, SearchIndex& fallback, LocalIndexOptions options);
    /// Ends the thread and writes the snapshot if it is behind.
    ~LocalIndex() override;
    LocalIndex(const LocalIndex&) = delete;
    LocalIndex& operator=(const LocalIndex&) = delete;

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
    SearchRoute route(const SearchScope& scope, const EmbeddingSpace& space) const override;

    /// Begins to make the copy and to follow; at most once. What only writes, or searches once,
    /// does without.
    void start();
    /// This process has committed a change of the document: the next search sees it. Cheap.
    void note_written(DocumentId document) {
        if (started_) {
            copy_.note_written(document);
        }
    }
    /// Applies all that the feed holds now.
    void catch_up(const CallContext& context);
    /// Waits until the copy is there. False when the context's time is over before.
    bool wait_until_ready(const CallContext& context) const;
    LocalIndexStatus status() const;

private:
    struct Trouble {
        std::string sentence;            ///< Empty: none.
        std::optional<Timestamp> since;  ///< Null: none.
    };

    void await_snapshot() const;
    std::shared_ptr<const State> current(const CallContext& context);
    std::shared_ptr<const State> current_for(const CallContext& context, const SearchScope& scope);
    void follow(const std::stop_token& stop);
    void follow_once(const CallContext& context);
    void prepare(const CallContext& context);
    bool load_saved(const CallContext& context);
    void save();
    void wait(const std::stop_token& stop, std::chrono::milliseconds duration);
    void wake();

    IndexSource& source_;
    SearchIndex& fallback_;
    const LocalIndexOptions options_;
    Copy copy_;
    std::atomic<bool> started_{false};
    std::atomic<bool> rebuild_{true};
    std::atomic<bool> loading_snapshot_{false};
    std::atomic<bool> from_snapshot_{false};
    std::atomic<SteadyTime::rep> caught_up_{0};  ///< 0: never.
    Guarded<Trouble> trouble_;

    // The follower's own.
    bool tried_snapshot_ = false;
    std::string source_identity_;
    std::optional<FeedPosition> saved_;  ///< What the snapshot holds.
    std::size_t saved_graphs_ = 0;       ///< Vectors in its graphs.
    std::chrono::steady_clock::time_point saved_at_;

    mutable std::mutex mutex_;
    mutable std::condition_variable_any wake_;
    bool woken_ = false;  ///< Guarded by mutex_.

    std::jthread follower_;  ///< Last: it uses everything above.
};

}  // namespace rag::index
