#include "memory/search.hpp"

#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "memory/documents.hpp"
#include "rag/error.hpp"
#include "text/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <unordered_map>

namespace rag::memory {
namespace {

/// How many candidates of each kind are taken at first, and by what factor the search is widened
/// while folding and the threshold leave fewer than search_hits_max.
constexpr std::size_t candidates_first = 200;
constexpr std::size_t candidates_factor = 4;

void check_query(const SearchQuery& query) {
    if (is_blank(query.text)) {
        throw Error(ErrorCode::invalid_argument, "Query cannot be empty");
    }
    if (query.limit < 1) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`limit` must be between 1 and {}, but is {}.", search_hits_max,
                                query.limit));
    }
    if (query.context_chunks < 0 || query.context_chunks > context_chunks_max) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`context_chunks` must be between 0 and {}, but is {}.",
                                context_chunks_max, query.context_chunks));
    }
    if (query.max_chars < 1) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`max_chars` must be 1 or more, but is {}.", query.max_chars));
    }
}

/// Whether the failure ends the whole call rather than costing it the vectors.
bool ends_call(const CallContext& context, const Error& error) {
    if (error.code() == ErrorCode::cancelled) {
        return true;
    }
    return error.code() == ErrorCode::deadline_exceeded &&
           context.time_left(std::chrono::milliseconds{1}).count() == 0;
}

std::string list_names(const std::vector<Collection>& collections) {
    std::string names;
    for (const Collection& collection : collections) {
        names += fmt::format("{}'{}' ({})", names.empty() ? "" : ", ", collection.name,
                             describe(collection.space));
    }
    return names;
}

std::optional<std::string> source_url(const Metadata& metadata) {
    const auto found = metadata.find("source");
    if (found == metadata.end() || !found->is_string()) {
        return std::nullopt;
    }
    const auto& text = found->get_ref<const std::string&>();
    const bool is_url = text.starts_with("http://") || text.starts_with("https://");
    return is_url ? std::optional(text) : std::nullopt;
}

const char* name_ranking(const FusionRule& rule) {
    switch (rule.by) {
        case RankBy::similarity: return "vectors";
        case RankBy::words: return rule.ideal ? "words" : "ranks";
        case RankBy::both: break;
    }
    return rule.ideal ? "words and vectors" : "ranks";
}

HitExplanation explain_hit(const RankedEntry& ranked, const FusionRule& rule) {
    const ScoreParts parts = score_parts(ranked.entry, rule);
    return {ranked.entry.word_score, parts.words, parts.vectors, ranked.reserved};
}

SearchHit make_hit(Passage passage, const RankedEntry& ranked) {
    SearchHit hit;
    hit.document_id = passage.chunk.document_id;
    hit.filename = std::move(passage.filename);
    hit.metadata = effective_metadata(passage.document_metadata, passage.chunk.metadata);
    hit.chunk = std::move(passage.chunk);
    hit.similarity = ranked.entry.similarity;
    hit.score = ranked.score;
    hit.rank_vector = ranked.entry.rank_vector;
    hit.rank_keyword = ranked.entry.rank_keyword;
    hit.source_url = source_url(hit.metadata);
    return hit;
}

}  // namespace

SearchResult Search::search(const CallContext& context, const SearchQuery& query) {
    check_query(query);
    SearchResult result;
    const Plan plan = make_plan(context, query, result.notes);
    if (plan.all.collections.empty()) {
        return result;
    }
    result.route = index_.route(plan.all, embedder_.space());
    const Ranking ranking = rank(context, plan);
    result.hits = load(context, query, ranking);
    if (query.explain) {
        result.explanation = explain(context, plan, ranking);
    }
    for (SearchHit& hit : result.hits) {
        if (query.context_chunks > 0) {
            add_context(context, query.context_chunks, hit);
        }
        if (query.include_source) {
            add_source(context, query.max_chars, hit);
        }
    }
    return result;
}

Search::Plan Search::make_plan(const CallContext& context, const SearchQuery& query,
                               std::vector<std::string>& notes) {
    Plan plan;
    plan.threshold = query.threshold;
    const std::vector<Collection> collections =
        query.collection ? std::vector<Collection>{collections_.require(context, *query.collection)}
                         : collections_.list(context);
    for (const Collection& collection : collections) {
        plan.all.collections.push_back(collection.id);
    }
    plan.all.filter = query.filter;
    plan.dense.filter = query.filter;
    split_by_space(query, collections, plan, notes);
    if (!plan.dense.collections.empty()) {
        embed(context, query, plan, notes);
    }
    if (query.mode == SearchMode::vector) {
        plan.by = RankBy::similarity;
        if (!plan.threshold) {
            plan.threshold = embedder_.fusion().default_threshold;
        }
        return plan;
    }
    plan.words = text::parse_word_query(query.text);
    plan.by =
        query.mode == SearchMode::hybrid && !plan.vector.empty() ? RankBy::both : RankBy::words;
    return plan;
}

void Search::split_by_space(const SearchQuery& query, const std::vector<Collection>& collections,
                            Plan& plan, std::vector<std::string>& notes) {
    std::vector<Collection> foreign;
    for (const Collection& collection : collections) {
        if (collection.space == embedder_.space()) {
            plan.dense.collections.push_back(collection.id);
        } else {
            foreign.push_back(collection);
        }
    }
    if (foreign.empty()) {
        return;
    }
    const std::string what =
        fmt::format("the configured embedding model is {}, but other models made the vectors of {}",
                    describe(embedder_.space()), list_names(foreign));
    if (query.mode == SearchMode::vector && plan.dense.collections.empty()) {
        throw Error(ErrorCode::conflict,
                    fmt::format("A search by vectors is not possible here: {}. Use search_mode "
                                "'hybrid' or 'keyword', or move the collection with `rag reindex`.",
                                what));
    }
    notes.push_back(fmt::format(
        "Some collections were {}: {}.",
        query.mode == SearchMode::vector ? "left out" : "searched by words alone", what));
}

void Search::embed(const CallContext& context, const SearchQuery& query, Plan& plan,
                   std::vector<std::string>& notes) {
    const CountWords count_words = [&](std::span<const std::string> stems) {
        SearchScope scope;
        scope.collections = plan.dense.collections;
        return index_.count_words(context, scope, stems);
    };
    try {
        plan.vector = embedder_.embed_query(context, query.text, count_words);
    } catch (const Error& error) {
        if (ends_call(context, error)) {
            throw;
        }
        if (query.mode == SearchMode::vector) {
            throw Error(ErrorCode::unavailable,
                        fmt::format("The embedding service failed: {} Use search_mode 'hybrid' or "
                                    "'keyword' to search by words.",
                                    error.message()));
        }
        notes.push_back(fmt::format("The embedding service failed, so words alone answered: {}",
                                    error.message()));
    }
}

Search::Ranking Search::rank(const CallContext& context, const Plan& plan) {
    const auto wanted = static_cast<std::size_t>(search_hits_max);
    FusionRule rule;
    rule.by = plan.by;
    rule.words = scored_words(plan.words);
    rule.dense_weight = embedder_.fusion().dense_weight;
    rule.threshold = plan.threshold;
    rule.count = wanted;
    for (std::size_t count = candidates_first;; count *= candidates_factor) {
        context.check();
        Candidates nearest;
        if (plan.by != RankBy::words && !plan.vector.empty()) {
            nearest = index_.nearest(context, plan.dense, embedder_.space(), plan.vector, count);
        }
        WordCandidates words;
        if (plan.by != RankBy::similarity && !plan.words.empty()) {
            words = index_.best_words(context, plan.all, plan.words, count);
        } else {
            words.ideal = 0;
        }
        // Below the threshold further neighbours change nothing.
        const bool nearest_done =
            nearest.size() < count || (plan.threshold && nearest.back().score < *plan.threshold);
        // With vectors and a threshold, whatever passes is among the neighbours.
        const bool words_done = words.hits.size() < count ||
                                (plan.threshold && plan.by == RankBy::both && nearest_done);
        rule.ideal = words.ideal;
        std::vector<RankedEntry> ranked = fuse(gather(context, plan, nearest, words), rule);
        if (ranked.size() >= wanted || (nearest_done && words_done)) {
            return {std::move(ranked), rule, nearest.size(), words.hits.size()};
        }
    }
}

/// Both lists as one, with what each knows of the other's hits.
std::vector<FusionEntry> Search::gather(const CallContext& context, const Plan& plan,
                                        const Candidates& nearest, const WordCandidates& words) {
    std::vector<FusionEntry> entries;
    entries.reserve(nearest.size() + words.hits.size());
    std::unordered_map<ChunkId, std::size_t> place;
    std::vector<ChunkId> without_words;
    for (std::size_t i = 0; i < words.hits.size(); ++i) {
        const Candidate& hit = words.hits[i];
        place.emplace(hit.chunk, entries.size());
        entries.push_back({hit.chunk, hit.text_key, std::nullopt, hit.score, std::nullopt,
                           static_cast<std::int64_t>(i) + 1});
    }
    for (std::size_t i = 0; i < nearest.size(); ++i) {
        const Candidate& hit = nearest[i];
        const auto [found, added] = place.emplace(hit.chunk, entries.size());
        if (added) {
            entries.push_back({hit.chunk, hit.text_key, {}, 0, {}, {}});
            without_words.push_back(hit.chunk);
        }
        entries[found->second].similarity = hit.score;
        entries[found->second].rank_vector = static_cast<std::int64_t>(i) + 1;
    }
    if (plan.by == RankBy::both && !plan.words.empty() && words.ideal && !without_words.empty()) {
        const std::vector<double> scores =
            index_.word_scores(context, plan.all, plan.words, without_words);
        for (std::size_t i = 0; i < without_words.size() && i < scores.size(); ++i) {
            entries[place.at(without_words[i])].word_score = scores[i];
        }
    }
    if (!plan.vector.empty() && plan.by != RankBy::similarity) {
        std::vector<ChunkId> without_vector;
        for (const FusionEntry& entry : entries) {
            if (!entry.similarity) {
                without_vector.push_back(entry.chunk);
            }
        }
        const auto similarities =
            without_vector.empty()
                ? std::vector<std::optional<double>>{}
                : index_.similarities(context, embedder_.space(), plan.vector, without_vector);
        for (std::size_t i = 0; i < similarities.size(); ++i) {
            entries[place.at(without_vector[i])].similarity = similarities[i];
        }
    }
    return entries;
}

/// The first `limit` of the ranking that still exist.
std::vector<SearchHit> Search::load(const CallContext& context, const SearchQuery& query,
                                    const Ranking& ranking) {
    const std::vector<RankedEntry>& ranked = ranking.entries;
    const auto limit = static_cast<std::size_t>(std::min(query.limit, search_hits_max));
    std::vector<SearchHit> hits;
    std::unordered_map<ChunkId, const RankedEntry*> by_chunk;
    for (std::size_t begin = 0; begin < ranked.size() && hits.size() < limit;) {
        const std::size_t end = std::min(ranked.size(), begin + limit - hits.size());
        std::vector<ChunkId> ids;
        for (std::size_t i = begin; i < end; ++i) {
            ids.push_back(ranked[i].entry.chunk);
            by_chunk.emplace(ids.back(), &ranked[i]);
        }
        for (Passage& passage : index_.load(context, ids)) {
            const auto found = by_chunk.find(passage.chunk.id);
            if (found != by_chunk.end()) {
                hits.push_back(make_hit(std::move(passage), *found->second));
                if (query.explain) {
                    hits.back().explanation = explain_hit(*found->second, ranking.rule);
                }
            }
        }
        begin = end;
    }
    return hits;
}

SearchExplanation Search::explain(const CallContext& context, const Plan& plan,
                                  const Ranking& ranking) {
    SearchExplanation explanation;
    explanation.ranked_by = name_ranking(ranking.rule);
    explanation.vector_weight = ranking.rule.dense_weight;
    explanation.ideal_word_score = ranking.rule.ideal;
    explanation.threshold = plan.threshold;
    explanation.searched_set = index_.count(context, {plan.all.collections, {}});
    explanation.filter_set =
        plan.all.filter.empty() ? explanation.searched_set : index_.count(context, plan.all);
    explanation.vector_candidates = static_cast<std::int64_t>(ranking.vector_candidates);
    explanation.word_candidates = static_cast<std::int64_t>(ranking.word_candidates);
    return explanation;
}

void Search::add_context(const CallContext& context, std::int64_t neighbours, SearchHit& hit) {
    const std::int64_t first = std::max<std::int64_t>(0, hit.chunk.chunk_index - neighbours);
    const std::vector<Chunk> chunks = store_.get_chunks(
        context, hit.document_id, first, hit.chunk.chunk_index - first + neighbours + 1);
    const bool current = std::any_of(chunks.begin(), chunks.end(),
                                     [&](const Chunk& chunk) { return chunk.id == hit.chunk.id; });
    if (!current || chunks.size() < 2) {
        return;  // Alone, or cut anew since: the hit stands for itself.
    }
    if (chunks.front().char_start && chunks.back().char_end) {
        const std::optional<Document> document = store_.get_document(context, hit.document_id);
        if (document) {
            hit.chunk.char_start = chunks.front().char_start;
            hit.chunk.char_end = chunks.back().char_end;
            std::optional<std::int64_t> more;
            hit.chunk.content = cut_content(document->content, *hit.chunk.char_start,
                                            *hit.chunk.char_end - *hit.chunk.char_start, more);
        }
        return;
    }
    hit.chunk.content.clear();
    for (const Chunk& chunk : chunks) {
        hit.chunk.content += (hit.chunk.content.empty() ? "" : "\n\n") + chunk.content;
    }
    hit.chunk.char_start.reset();
    hit.chunk.char_end.reset();
}

void Search::add_source(const CallContext& context, std::int64_t max_chars, SearchHit& hit) {
    if (const std::optional<Document> document = store_.get_document(context, hit.document_id)) {
        hit.source_content = cut_content(document->content, 0, max_chars, hit.source_next_offset);
    }
}

}  // namespace rag::memory
