#pragma once

#include "base/guarded.hpp"
#include "index/graph_keeper.hpp"
#include "index/segment_builder.hpp"
#include "index/state.hpp"
#include "rag/index_source.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <vector>

namespace rag::index {

struct CopyOptions {
    std::size_t memory_bytes_max = 0;  ///< For what searches need of it.
    /// Where large segments are kept in files without a name, which the kernel may take out of
    /// memory; empty: they are kept in memory.
    std::filesystem::path folder;
    GraphOptions graphs;  ///< Their folder is the one above.
};

/// The copy of a source: which state is current, and how it moves on. Readers take the current
/// state and keep it as long as they like. Changes are applied document by document: what a change
/// names is read anew, so that applying twice does no harm and the order of changes does not
/// matter. A change makes a small segment and marks what it replaces as deleted; small segments are
/// merged aside into larger ones.
class Copy {
public:
    Copy(IndexSource& source, CopyOptions options);

    /// Null while there is no copy, or it is not yet what its source held when it was loaded.
    std::shared_ptr<const State> state() const;

    // What the follower alone calls
    // ----------------------------------------------------------------

    /// Reads everything. Until it is done there is no copy.
    void build(const CallContext& context);
    /// Takes a state that was loaded. False: its position means nothing any more, or it leaves out
    /// other collections than it should; then there is no copy.
    bool adopt(const CallContext& context, std::shared_ptr<const State> loaded);
    /// Merges some segments if there are too many or too much of one is deleted. False: nothing to
    /// do.
    bool merge_some(const CallContext& context);
    /// Goes on with building a graph for about so long. False: there is none to build.
    bool build_graph(const CallContext& context, std::chrono::milliseconds duration);
    /// Whether the copy takes too much, and building it anew would leave a collection out.
    bool should_shrink(const CallContext& context);

    // What searches may call, too
    // -------------------------------------------------------------------

    /// Applies what the feed holds, at most `batches_max` reads of it. False when the copy has to
    /// be built anew.
    bool apply_changes(const CallContext& context, std::size_t batches_max);
    /// Applies what the feed holds now. False when the copy has to be built anew.
    bool catch_up(const CallContext& context);
    /// As apply_changes, unless another thread is at it.
    bool try_apply_changes(const CallContext& context, std::size_t batches_max);

    /// A document that this process wrote; the next apply_written reads it. Never blocks for long.
    void note_written(DocumentId document);
    bool has_written() const { return has_written_.load(); }
    /// Applies the documents that were noted before the call.
    void apply_written(const CallContext& context);

private:
    struct Written {
        std::map<DocumentId, std::uint64_t> documents;  ///< With the number of the latest note.
        std::uint64_t count = 0;
    };

    std::shared_ptr<const State> newest() const;
    void publish(std::shared_ptr<const State> next);
    LiveSegment keep(SharedBytes bytes) const;
    std::vector<CollectionId> choose_excluded(const CallContext& context);
    bool holds(const IndexedDocument& document, const std::vector<CollectionId>& excluded) const;
    bool apply_locked(const CallContext& context, std::size_t batches_max);
    bool catch_up_locked(const CallContext& context);
    void apply_documents(const CallContext& context, const State& from,
                         const FeedPosition& position, const std::set<DocumentId>& changed,
                         const std::set<DocumentId>& deleted);
    std::set<DocumentId> list_members(const CallContext& context, const State& state,
                                      const std::set<CollectionId>& changed);

    IndexSource& source_;
    const CopyOptions options_;
    /// What a chunk takes besides its vector: a guess, until it is measured. The follower's own.
    double chunk_bytes_;
    GraphKeeper graphs_;  ///< The follower's own, too.
    Guarded<std::shared_ptr<const State>> state_;
    /// A loaded state stands in state_ that lacks what was written since: nobody may search it.
    std::atomic<bool> adopting_{false};
    std::timed_mutex applying_;  ///< Held by whoever makes a new state of the current one.
    Guarded<Written> written_;
    std::atomic<bool> has_written_{false};
};

}  // namespace rag::index
