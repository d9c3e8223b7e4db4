#include "index/copy.hpp"

#include "index/files.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace rag::index {
namespace {

constexpr std::size_t segment_chunks_max = 8'192;  ///< Bounds the memory that building takes.
constexpr std::size_t merged_chunks_max = 20'480;  ///< Bounds the memory that merging takes.
constexpr std::size_t merge_width = 4;
constexpr std::size_t smallest_level_chunks = 64;
constexpr std::size_t read_chunks = 1024;  ///< At once, of a source.
constexpr std::int64_t changes_at_once = 500;
constexpr std::size_t applied_chunks_at_once = 2048;
constexpr double chunk_bytes_in_memory = 1100;
constexpr double chunk_bytes_in_files = 450;  ///< Without its text.
/// Smaller segments do not last, and are not worth a file.
constexpr std::size_t file_bytes_min = std::size_t{1} << 20;

/// Segments of a level are about as large; each level is merge_width times the one below.
std::size_t level_of(std::int64_t chunks) {
    std::size_t level = 0;
    for (auto size = static_cast<std::size_t>(chunks) / smallest_level_chunks; size > 0;
         size /= merge_width) {
        ++level;
    }
    return level;
}

bool needs_rewrite(const LiveSegment& live) {
    return live.deletions && live.deletions->list.size() * 4 > live.segment->chunk_count();
}

/// Which segments to merge next; empty when it is not worth it.
std::vector<std::size_t> choose_merge(const State& state) {
    std::map<std::size_t, std::vector<std::size_t>> levels;
    for (std::size_t i = 0; i < state.segments.size(); ++i) {
        const LiveSegment& live = state.segments[i];
        if (needs_rewrite(live)) {
            return {i};
        }
        levels[level_of(live.live_chunks())].push_back(i);
    }
    for (const auto& [level, members] : levels) {
        std::vector<std::size_t> chosen;
        std::size_t chunks = 0;
        for (const std::size_t i : members) {
            chunks += static_cast<std::size_t>(state.segments[i].live_chunks());
            if (chunks > merged_chunks_max) {
                break;
            }
            chosen.push_back(i);
        }
        if (members.size() >= merge_width && chosen.size() > 1) {
            return chosen;
        }
    }
    return {};
}

void drop_empty(State& state) {
    std::erase_if(state.segments, [](const LiveSegment& live) { return live.live_chunks() == 0; });
    std::erase_if(state.graphs, [&](const auto& graph) {
        return std::none_of(
            state.segments.begin(), state.segments.end(),
            [&](const LiveSegment& live) { return graph->find_part(*live.segment).has_value(); });
    });
}

GraphOptions with_folder(GraphOptions options, const std::filesystem::path& folder) {
    options.folder = folder;
    return options;
}

std::unique_lock<std::timed_mutex> lock_for(const CallContext& context, std::timed_mutex& mutex) {
    const auto left = context.time_left(std::chrono::minutes(10));
    std::unique_lock lock(mutex, left);
    if (!lock.owns_lock()) {
        throw Error(ErrorCode::deadline_exceeded, "The search index is busy with other changes.");
    }
    return lock;
}

}  // namespace

Copy::Copy(IndexSource& source, CopyOptions options)
    : source_(source),
      options_(std::move(options)),
      chunk_bytes_(options_.folder.empty() ? chunk_bytes_in_memory : chunk_bytes_in_files),
      graphs_(with_folder(options_.graphs, options_.folder)) {}

std::shared_ptr<const State> Copy::state() const {
    return adopting_ ? nullptr : newest();
}

std::shared_ptr<const State> Copy::newest() const {
    return state_.with([](const auto& state) { return state; });
}

void Copy::publish(std::shared_ptr<const State> next) {
    // What is replaced may be large: it is freed after the lock.
    state_.with([&](auto& state) { state.swap(next); });
}

LiveSegment Copy::keep(SharedBytes bytes) const {
    if (!options_.folder.empty() && bytes.bytes.size() >= file_bytes_min) {
        bytes = move_to_file(bytes, options_.folder);
        release_free_memory();
    }
    return make_live(std::make_shared<const Segment>(std::move(bytes)));
}

bool Copy::adopt(const CallContext& context, std::shared_ptr<const State> loaded) {
    if (choose_excluded(context) != loaded->excluded) {
        return false;
    }
    const std::scoped_lock lock(applying_);
    adopting_ = true;
    publish(std::move(loaded));
    bool current = false;
    try {
        current = catch_up_locked(context);
    } catch (...) {
        publish(nullptr);
        adopting_ = false;
        throw;
    }
    if (!current) {
        publish(nullptr);
    }
    adopting_ = false;
    return current;
}

/// The largest collections, until the rest may be expected to fit.
std::vector<CollectionId> Copy::choose_excluded(const CallContext& context) {
    std::vector<std::pair<double, CollectionId>> sizes;
    double sum = 0;
    for (const Collection& collection : source_.list_collections(context)) {
        const double size = static_cast<double>(collection.chunk_count) *
                            (chunk_bytes_ + static_cast<double>(collection.space.dimensions));
        sizes.emplace_back(size, collection.id);
        sum += size;
    }
    std::sort(sizes.rbegin(), sizes.rend());
    std::vector<CollectionId> excluded;
    for (const auto& [size, id] : sizes) {
        if (sum <= static_cast<double>(options_.memory_bytes_max)) {
            break;
        }
        sum -= size;
        excluded.push_back(id);
    }
    std::sort(excluded.begin(), excluded.end());
    return excluded;
}

bool Copy::should_shrink(const CallContext& context) {
    const auto current = newest();
    const std::size_t most = options_.memory_bytes_max + options_.memory_bytes_max / 8;
    if (!current || current->working_bytes() <= most) {
        return false;
    }
    // Measured, now that there is something to measure; vectors are counted twice, to be safe.
    chunk_bytes_ = std::max(chunk_bytes_, static_cast<double>(current->working_bytes()) /
                                              static_cast<double>(current->live_chunks() + 1));
    return choose_excluded(context) != current->excluded;
}

/// Whether the copy has to have the document: one of its collections is held.
bool Copy::holds(const IndexedDocument& document, const std::vector<CollectionId>& excluded) const {
    return std::any_of(
        document.collections.begin(), document.collections.end(),
        [&](CollectionId id) { return !std::binary_search(excluded.begin(), excluded.end(), id); });
}

void Copy::build(const CallContext& context) {
    publish(nullptr);
    graphs_.stop();
    State state;
    state.position = source_.feed_end(context);
    state.excluded = choose_excluded(context);
    SegmentBuilder builder;
    const auto flush = [&] {
        if (builder.chunk_count() > 0) {
            state.segments.push_back(keep(builder.finish()));
        }
    };
    DocumentId after = 0;
    for (;;) {
        context.check();
        std::vector<IndexedDocument> documents =
            source_.read_documents(context, after, read_chunks);
        if (documents.empty()) {
            break;
        }
        after = documents.back().id;
        for (IndexedDocument& document : documents) {
            if (holds(document, state.excluded)) {
                builder.add(std::move(document));
            }
            if (builder.chunk_count() >= segment_chunks_max) {
                flush();
            }
        }
    }
    flush();
    const std::scoped_lock lock(applying_);
    publish(std::make_shared<const State>(std::move(state)));
}

bool Copy::catch_up(const CallContext& context) {
    const auto lock = lock_for(context, applying_);
    return catch_up_locked(context);
}

/// Not to where the feed is empty: while others go on writing that may be never.
bool Copy::catch_up_locked(const CallContext& context) {
    const FeedPosition end = source_.feed_end(context);
    for (auto current = newest(); current;) {
        const auto next = apply_locked(context, 1) ? newest() : nullptr;
        if (!next) {
            return false;
        }
        if (next->position.position >= end.position || next->position == current->position) {
            break;
        }
        current = next;
    }
    return true;
}

bool Copy::apply_changes(const CallContext& context, std::size_t batches_max) {
    const auto lock = lock_for(context, applying_);
    return apply_locked(context, batches_max);
}

bool Copy::try_apply_changes(const CallContext& context, std::size_t batches_max) {
    const std::unique_lock lock(applying_, std::try_to_lock);
    return !lock.owns_lock() || apply_locked(context, batches_max);
}

bool Copy::apply_locked(const CallContext& context, std::size_t batches_max) {
    for (std::size_t i = 0; i < batches_max; ++i) {
        context.check();
        const std::shared_ptr<const State> current = newest();
        if (!current) {
            return true;
        }
        const ChangeBatch batch = source_.read_changes(context, current->position, changes_at_once);
        if (batch.rebuild) {
            return false;
        }
        if (batch.changes.empty() && batch.next == current->position) {
            return true;
        }
        std::set<DocumentId> changed;
        std::set<DocumentId> deleted;
        std::set<CollectionId> collections;
        for (const Change& change : batch.changes) {
            switch (change.kind) {
                case ChangeKind::document_changed:
                    changed.insert(change.document);
                    deleted.erase(change.document);
                    break;
                case ChangeKind::document_deleted:
                    deleted.insert(change.document);
                    changed.erase(change.document);
                    break;
                case ChangeKind::collection_changed: collections.insert(change.collection); break;
            }
        }
        for (const DocumentId id : list_members(context, *current, collections)) {
            if (!deleted.contains(id)) {
                changed.insert(id);
            }
        }
        apply_documents(context, *current, batch.next, changed, deleted);
        if (batch.changes.empty()) {
            return true;
        }
    }
    return true;
}

/// The documents of those of the changed collections that are no more.
std::set<DocumentId> Copy::list_members(const CallContext& context, const State& current,
                                        const std::set<CollectionId>& changed) {
    std::set<DocumentId> documents;
    if (changed.empty()) {
        return documents;
    }
    std::set<CollectionId> gone = changed;
    for (const Collection& collection : source_.list_collections_uncounted(context)) {
        gone.erase(collection.id);
    }
    const std::vector<CollectionId> sorted(gone.begin(), gone.end());
    for (const LiveSegment& live : current.segments) {
        for (const ChunkClass& part : live.segment->classes()) {
            if (!part.in_any(sorted)) {
                continue;
            }
            for (Local local = part.begin; local < part.end; ++local) {
                if (live.lives(local)) {
                    documents.insert(
                        live.segment->documents()[live.segment->chunk_row(local).document].id);
                }
            }
        }
    }
    return documents;
}

/// Publishes a state in which the documents are as they are now, in one step.
void Copy::apply_documents(const CallContext& context, const State& from,
                           const FeedPosition& position, const std::set<DocumentId>& changed,
                           const std::set<DocumentId>& deleted) {
    auto next = std::make_shared<State>(from);
    next->position = position;
    std::vector<DocumentId> replaced(deleted.begin(), deleted.end());
    replaced.insert(replaced.end(), changed.begin(), changed.end());
    if (!replaced.empty()) {
        for (LiveSegment& live : next->segments) {
            live = without_documents(live, replaced);
        }
    }
    SegmentBuilder builder;
    const auto flush = [&] {
        if (builder.chunk_count() > 0) {
            next->segments.push_back(keep(builder.finish()));
        }
    };
    for (const DocumentId id : changed) {
        context.check();
        std::optional<IndexedDocument> document = source_.read_document(context, id);
        if (document && holds(*document, next->excluded)) {
            builder.add(std::move(*document));
        }
        if (builder.chunk_count() >= applied_chunks_at_once) {
            flush();
        }
    }
    flush();
    drop_empty(*next);
    publish(std::move(next));
}

void Copy::note_written(DocumentId document) {
    written_.with([&](Written& written) {
        written.documents[document] = ++written.count;
        has_written_ = true;
    });
}

void Copy::apply_written(const CallContext& context) {
    const auto lock = lock_for(context, applying_);
    const std::shared_ptr<const State> current = newest();
    if (!current) {
        return;  // Whoever builds applies them afterwards.
    }
    const Written taken = written_.with([](const Written& written) { return written; });
    if (taken.documents.empty()) {
        return;
    }
    if (source_.feed_is_immediate()) {
        if (!apply_locked(context, SIZE_MAX)) {
            return;
        }
    } else {
        std::set<DocumentId> changed;
        for (const auto& [id, count] : taken.documents) {
            changed.insert(id);
        }
        apply_documents(context, *current, current->position, changed, {});
    }
    // Those that were written again meanwhile stay.
    written_.with([&](Written& written) {
        for (const auto& [id, count] : taken.documents) {
            const auto found = written.documents.find(id);
            if (found != written.documents.end() && found->second == count) {
                written.documents.erase(found);
            }
        }
        has_written_ = !written.documents.empty();
    });
}

bool Copy::merge_some(const CallContext& context) {
    const std::shared_ptr<const State> before = newest();
    if (!before) {
        return false;
    }
    const std::vector<std::size_t> chosen = choose_merge(*before);
    if (chosen.empty()) {
        return false;
    }
    context.check();
    std::vector<MergeInput> inputs;
    for (const std::size_t i : chosen) {
        const LiveSegment& live = before->segments[i];
        inputs.push_back({live.segment.get(), live.deletions ? &live.deletions->bits : nullptr});
    }
    MergedSegment merged = merge_segments(inputs);
    const LiveSegment live = keep(std::move(merged.bytes));
    const std::scoped_lock lock(applying_);
    const std::shared_ptr<const State> current = newest();
    if (!current) {
        return false;
    }
    auto next = std::make_shared<State>(*current);
    std::vector<Local> deleted;
    for (std::size_t k = 0; k < chosen.size(); ++k) {
        const Segment* input = inputs[k].segment;
        const auto found =
            std::find_if(next->segments.begin(), next->segments.end(),
                         [&](const LiveSegment& one) { return one.segment.get() == input; });
        const bool all_gone = found == next->segments.end();
        for (Local local = 0; local < input->chunk_count(); ++local) {
            const Local place = merged.places[k][local];
            if (place != no_local && (all_gone || !found->lives(local))) {
                deleted.push_back(place);
            }
        }
        if (!all_gone) {
            next->segments.erase(found);
        }
    }
    next->segments.push_back(without_chunks(live, std::move(deleted)));
    drop_empty(*next);
    publish(std::move(next));
    return true;
}

bool Copy::build_graph(const CallContext& context, std::chrono::milliseconds duration) {
    const std::shared_ptr<const State> before = newest();
    if (!before) {
        return false;
    }
    const std::shared_ptr<const Graph> graph = graphs_.advance(context, *before, duration);
    if (!graph) {
        return graphs_.is_building();
    }
    const std::scoped_lock lock(applying_);
    const std::shared_ptr<const State> current = newest();
    if (!current) {
        return false;
    }
    auto next = std::make_shared<State>(*current);
    std::erase_if(next->graphs, [&](const auto& old) { return old->space() == graph->space(); });
    next->graphs.push_back(graph);
    drop_empty(*next);
    publish(std::move(next));
    return true;
}

}  // namespace rag::index
