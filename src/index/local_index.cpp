#include "index/local_index.hpp"

#include "base/clock.hpp"
#include "base/log.hpp"
#include "index/files.hpp"
#include "index/snapshot.hpp"
#include "index/vectors.hpp"
#include "index/words.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <filesystem>
#include <unordered_map>
#include <utility>

namespace rag::index {
namespace {

constexpr std::chrono::milliseconds retry_first{500};
constexpr std::chrono::milliseconds retry_longest{2'000};
/// A search that meets another process's changes applies at most so many reads of the feed itself.
constexpr std::size_t batches_of_a_search = 1;
constexpr std::size_t batches_of_a_turn = 64;
constexpr std::chrono::milliseconds ready_check{20};
/// How long a search waits for a snapshot that is being read. The database would read its own files
/// at the same time, and both would be late.
constexpr std::chrono::milliseconds snapshot_wait_max{1'500};

bool holds_all(const State& state, const SearchScope& scope) {
    return std::none_of(scope.collections.begin(), scope.collections.end(), [&](CollectionId id) {
        return std::binary_search(state.excluded.begin(), state.excluded.end(), id);
    });
}

std::size_t count_graph_vectors(const State& state) {
    std::size_t sum = 0;
    for (const auto& graph : state.graphs) {
        sum += graph->vectors().size();
    }
    return sum;
}

void check_query(const EmbeddingSpace& space, std::span<const float> query) {
    if (query.size() != static_cast<std::size_t>(space.dimensions)) {
        throw Error(ErrorCode::invalid_argument, "The query has " + std::to_string(query.size()) +
                                                     " dimensions, but '" + space.model + "' has " +
                                                     std::to_string(space.dimensions) + ".");
    }
}

}  // namespace

LocalIndex::LocalIndex(IndexSource& source, SearchIndex& fallback, LocalIndexOptions options)
    : source_(source),
      fallback_(fallback),
      options_(std::move(options)),
      copy_(source, {options_.memory_bytes_max, options_.snapshot.parent_path(), options_.graphs}) {
}

LocalIndex::~LocalIndex() {
    if (follower_.joinable()) {
        follower_.request_stop();
        wake();
        follower_.join();
        source_.watch({});
    }
}

void LocalIndex::start() {
    started_ = true;
    std::error_code error;
    loading_snapshot_ = std::filesystem::is_regular_file(options_.snapshot, error);
    source_.watch([this] { wake(); });
    follower_ = std::jthread([this](const std::stop_token& stop) { follow(stop); });
}

void LocalIndex::await_snapshot() const {
    const auto end = std::chrono::steady_clock::now() + snapshot_wait_max;
    std::unique_lock lock(mutex_);
    while (loading_snapshot_ && !copy_.state() && std::chrono::steady_clock::now() < end) {
        wake_.wait_for(lock, ready_check);
    }
}

/// The state to search in, with what this process has written; null when there is no copy.
std::shared_ptr<const State> LocalIndex::current(const CallContext& context) {
    context.check();
    await_snapshot();
    if (!copy_.state()) {
        return nullptr;
    }
    try {
        if (copy_.has_written()) {
            copy_.apply_written(context);
        } else if (source_.may_have_changed(context)) {
            if (!copy_.try_apply_changes(context, batches_of_a_search)) {
                rebuild_ = true;
                wake();
            }
        }
    } catch (const Error& error) {
        context.check();
        log::debug("The search index answers from what it has: {}", error.message());
    }
    return copy_.state();
}

/// Null, too, when a collection of the scope is left to the fallback.
std::shared_ptr<const State> LocalIndex::current_for(const CallContext& context,
                                                     const SearchScope& scope) {
    auto state = current(context);
    return state && holds_all(*state, scope) ? state : nullptr;
}

Candidates LocalIndex::nearest(const CallContext& context, const SearchScope& scope,
                               const EmbeddingSpace& space, std::span<const float> query,
                               std::size_t count) {
    const auto state = current_for(context, scope);
    if (!state) {
        return fallback_.nearest(context, scope, space, query, count);
    }
    check_query(space, query);
    return find_nearest(context, *state, select(*state, scope), space, query, count,
                        options_.graphs.width_min);
}

WordCandidates LocalIndex::best_words(const CallContext& context, const SearchScope& scope,
                                      const WordQuery& query, std::size_t count) {
    const auto state = current_for(context, scope);
    if (!state) {
        return fallback_.best_words(context, scope, query, count);
    }
    return find_best_words(context, *state, select(*state, scope), query, count);
}

std::vector<std::optional<double>> LocalIndex::similarities(const CallContext& context,
                                                            const EmbeddingSpace& space,
                                                            std::span<const float> query,
                                                            std::span<const ChunkId> chunks) {
    const auto state = current(context);
    if (!state) {
        return fallback_.similarities(context, space, query, chunks);
    }
    check_query(space, query);
    const SimilarityOf similarity_of(space, query);
    std::vector<std::optional<double>> result(chunks.size());
    std::vector<ChunkId> missing;
    std::vector<std::size_t> missing_at;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        if (const auto place = find_chunk(*state, chunks[i])) {
            result[i] = similarity_of(*state->segments[place->segment].segment, place->local);
        } else {
            missing.push_back(chunks[i]);
            missing_at.push_back(i);
        }
    }
    if (!missing.empty() && !state->excluded.empty()) {
        const auto others = fallback_.similarities(context, space, query, missing);
        for (std::size_t i = 0; i < others.size() && i < missing_at.size(); ++i) {
            result[missing_at[i]] = others[i];
        }
    }
    return result;
}

std::vector<double> LocalIndex::word_scores(const CallContext& context, const SearchScope& scope,
                                            const WordQuery& query,
                                            std::span<const ChunkId> chunks) {
    const auto state = current_for(context, scope);
    if (!state) {
        return fallback_.word_scores(context, scope, query, chunks);
    }
    // Of the whole collections: the filter has no part in the weights.
    const SearchScope collections{scope.collections, {}};
    const auto scores = score_words(context, *state, select(*state, collections), query, chunks);
    std::vector<double> result;
    result.reserve(scores.size());
    for (const auto& score : scores) {
        result.push_back(score.value_or(0));
    }
    return result;
}

WordStatistics LocalIndex::count_words(const CallContext& context, const SearchScope& scope,
                                       std::span<const std::string> stems) {
    const auto state = current_for(context, scope);
    if (!state) {
        return fallback_.count_words(context, scope, stems);
    }
    const SearchScope collections{scope.collections, {}};
    return index::count_words(context, select(*state, collections), stems);
}

std::vector<Passage> LocalIndex::load(const CallContext& context, std::span<const ChunkId> chunks) {
    const auto state = current(context);
    if (!state) {
        return fallback_.load(context, chunks);
    }
    std::vector<ChunkId> missing;
    std::unordered_map<ChunkId, Passage> found;
    for (const ChunkId id : chunks) {
        if (const auto place = find_chunk(*state, id)) {
            found.emplace(id, state->segments[place->segment].segment->load(place->local));
        } else {
            missing.push_back(id);
        }
    }
    if (!missing.empty() && !state->excluded.empty()) {
        for (Passage& passage : fallback_.load(context, missing)) {
            const ChunkId id = passage.chunk.id;
            found.emplace(id, std::move(passage));
        }
    }
    std::vector<Passage> passages;
    for (const ChunkId id : chunks) {
        if (const auto passage = found.find(id); passage != found.end()) {
            passages.push_back(passage->second);
        }
    }
    return passages;
}

std::int64_t LocalIndex::count(const CallContext& context, const SearchScope& scope) {
    const auto state = current_for(context, scope);
    if (!state) {
        return fallback_.count(context, scope);
    }
    std::size_t sum = 0;
    for (const Selection& selection : select(*state, scope)) {
        sum += selection.count;
    }
    return static_cast<std::int64_t>(sum);
}

SearchRoute LocalIndex::route(const SearchScope& scope, const EmbeddingSpace& space) const {
    await_snapshot();
    const auto state = copy_.state();
    if (!state || !holds_all(*state, scope)) {
        return {SearchPath::fallback, std::nullopt};
    }
    const SearchPath path =
        state->find_graph(space) != nullptr ? SearchPath::graph : SearchPath::scan;
    return {path, trouble_.with([](const Trouble& trouble) { return trouble.since; })};
}

void LocalIndex::catch_up(const CallContext& context) {
    if (copy_.has_written()) {
        copy_.apply_written(context);
    }
    if (!copy_.catch_up(context)) {
        rebuild_ = true;
        wake();
    }
}

bool LocalIndex::wait_until_ready(const CallContext& context) const {
    while (!copy_.state()) {
        if (context.stop.stop_requested() || context.time_left(ready_check).count() <= 0) {
            return false;
        }
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, context.time_left(ready_check));
    }
    return true;
}

LocalIndexStatus LocalIndex::status() const {
    LocalIndexStatus status;
    trouble_.with([&](const Trouble& trouble) {
        status.trouble = trouble.sentence;
        status.cut_off_since = trouble.since;
    });
    if (const SteadyTime::rep ticks = caught_up_; ticks != 0) {
        status.lag = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - SteadyTime(SteadyTime::duration(ticks)));
    }
    if (const auto state = copy_.state()) {
        status.ready = true;
        status.state = status.trouble.empty() ? CopyState::following : CopyState::cut_off;
        status.from_snapshot = from_snapshot_;
        status.chunk_count = state->live_chunks();
        status.segment_count = state->segments.size();
        status.size_bytes = state->size_bytes();
        status.working_bytes = state->working_bytes();
        status.graph_vectors = count_graph_vectors(*state);
        status.excluded = state->excluded;
    }
    return status;
}

void LocalIndex::wake() {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
    wake_.notify_all();
}

void LocalIndex::wait(const std::stop_token& stop, std::chrono::milliseconds duration) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, duration, [&] { return woken_; });
    woken_ = false;
}

/// The follower's thread.
void LocalIndex::follow(const std::stop_token& stop) {
    CallContext context;
    context.stop = stop;
    std::chrono::milliseconds retry = retry_first;
    while (!stop.stop_requested()) {
        try {
            follow_once(context);
            trouble_.with([](Trouble& trouble) { trouble = {}; });
            retry = retry_first;
            if (!copy_.build_graph(context, options_.poll)) {
                wait(stop, options_.poll);
            }
        } catch (const std::exception& error) {
            if (stop.stop_requested()) {
                break;
            }
            log::warn("The search index does not move on: {}", error.what());
            trouble_.with([&](Trouble& trouble) {
                trouble.sentence = error.what();
                trouble.since = trouble.since.value_or(SystemClock().now());
            });
            wait(stop, retry);
            retry = std::min(retry * 2, retry_longest);
        }
    }
    save();
}

void LocalIndex::follow_once(const CallContext& context) {
    if (rebuild_.exchange(false) || copy_.should_shrink(context)) {
        try {
            prepare(context);
        } catch (...) {
            rebuild_ = true;
            throw;
        }
    }
    if (copy_.has_written()) {
        copy_.apply_written(context);
    }
    if (!copy_.apply_changes(context, batches_of_a_turn)) {
        rebuild_ = true;
        wake();
        return;
    }
    caught_up_ = std::chrono::steady_clock::now().time_since_epoch().count();
    while (copy_.merge_some(context)) {
        context.check();
    }
    if (!saved_ || std::chrono::steady_clock::now() - saved_at_ > options_.snapshot_interval) {
        save();
    }
}

void LocalIndex::prepare(const CallContext& context) {
    const auto begin = std::chrono::steady_clock::now();
    from_snapshot_ = load_saved(context);
    if (!from_snapshot_) {
        copy_.build(context);
        release_free_memory();
    }
    const auto state = copy_.state();
    log::info("The search index holds {} chunks in {} MB, made in {} ms.", state->live_chunks(),
              state->size_bytes() >> 20,
              std::chrono::duration_cast<std::chrono::milliseconds>(
                  std::chrono::steady_clock::now() - begin)
                  .count());
    wake_.notify_all();
}

/// From the snapshot, at the first time only: after that the copy is as good.
bool LocalIndex::load_saved(const CallContext& context) {
    if (options_.snapshot.empty() || tried_snapshot_) {
        return false;
    }
    // Whatever comes of it, the database being away included: nobody is to wait any longer.
    const std::shared_ptr<void> over(nullptr, [this](void*) { loading_snapshot_ = false; });
    source_identity_ = source_.identity(context);
    tried_snapshot_ = true;
    const auto loaded = load_snapshot(options_.snapshot, source_identity_);
    if (!loaded) {
        return false;
    }
    saved_at_ = std::chrono::steady_clock::now();
    saved_ = loaded->position;
    saved_graphs_ = count_graph_vectors(*loaded);
    if (!copy_.adopt(context, loaded)) {
        saved_.reset();
        return false;
    }
    return true;
}

/// Never throws: without a snapshot the next start takes longer, that is all.
void LocalIndex::save() {
    const auto state = copy_.state();
    if (!options_.saves || options_.snapshot.empty() || !state || source_identity_.empty() ||
        (saved_ == state->position && saved_graphs_ == count_graph_vectors(*state))) {
        return;
    }
    saved_at_ = std::chrono::steady_clock::now();
    saved_ = state->position;
    saved_graphs_ = count_graph_vectors(*state);
    try {
        save_snapshot(options_.snapshot, source_identity_, *state);
    } catch (const std::exception& error) {
        log::warn("{}", error.what());
    }
}

}  // namespace rag::index
