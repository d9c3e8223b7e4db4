#include "index/words.hpp"

#include "index/word_scan.hpp"
#include "text/chunk.hpp"
#include "text/words.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace rag::index {
namespace {

constexpr std::size_t widening_factor = 4;
constexpr std::size_t most_chunks = std::size_t{1} << 40;
/// Phrases are looked up in the text itself; so often the call's time is checked meanwhile.
constexpr std::size_t phrase_checks_between = 64;

bool is_whole(const Selection& selection) {
    return selection.ranges.size() == 1 && selection.ranges.front().begin == 0 &&
           selection.ranges.front().end == selection.live->segment->chunk_count();
}

/// How many of the selection's chunks hold the term (`row`; null: none), whatever the filter.
std::int64_t count_term(const Selection& selection, const TermRow* row) {
    if (row == nullptr) {
        return 0;
    }
    const Segment& segment = *selection.live->segment;
    std::int64_t count = row->count;
    if (!is_whole(selection)) {
        count = 0;
        PostingCursor cursor(*row, segment.postings());
        for (const LocalRange& range : selection.ranges) {
            const std::uint32_t before = cursor.rank(range.begin);
            count += cursor.rank(range.end) - before;
        }
    }
    if (selection.live->deletions) {
        PostingCursor deleted(*row, segment.postings());
        const auto& list = selection.live->deletions->list;
        for (const LocalRange& range : selection.ranges) {
            auto at = std::lower_bound(list.begin(), list.end(), range.begin);
            for (; at != list.end() && *at < range.end; ++at) {
                deleted.seek(*at);
                count -= deleted.local() == *at ? 1 : 0;
            }
        }
    }
    return count;
}

Totals sum_totals(std::span<const Selection> selections) {
    Totals sum;
    for (const Selection& selection : selections) {
        sum.chunks += selection.totals.chunks;
        sum.terms += selection.totals.terms;
    }
    return sum;
}

double inverse_frequency(std::int64_t chunks, std::int64_t frequency) {
    const auto all = static_cast<double>(chunks);
    const auto some = static_cast<double>(frequency);
    return std::log(1.0 + (all - some + 0.5) / (some + 0.5));
}

/// The query with its terms' weights in the selected collections.
struct WeightedQuery {
    std::vector<float> weights;  ///< 0 for stop terms.
    LengthNorm norm;
    double ideal = 0;
    /// Of each selection, and there of each term, its row; null where no chunk holds it.
    std::vector<std::vector<const TermRow*>> rows;
};

WeightedQuery weigh(std::span<const Selection> selections, const WordQuery& query) {
    WeightedQuery weighted;
    const Totals totals = sum_totals(selections);
    const double average =
        totals.terms > 0 ? static_cast<double>(totals.terms) / static_cast<double>(totals.chunks)
                         : 1.0;
    weighted.norm.base = static_cast<float>(bm25_k1 * (1.0 - bm25_b));
    weighted.norm.slope = static_cast<float>(bm25_k1 * bm25_b / average);
    for (const Selection& selection : selections) {
        std::vector<const TermRow*>& rows = weighted.rows.emplace_back();
        for (const QueryTerm& term : query.terms) {
            rows.push_back(term.stop ? nullptr : selection.live->segment->find_term(term.term));
        }
    }
    for (std::size_t i = 0; i < query.terms.size(); ++i) {
        double weight = 0;
        if (!query.terms[i].stop) {
            std::int64_t frequency = 0;
            for (std::size_t s = 0; s < selections.size(); ++s) {
                frequency += count_term(selections[s], weighted.rows[s][i]);
            }
            weight = (bm25_k1 + 1.0) * inverse_frequency(totals.chunks, frequency);
        }
        weighted.ideal += weight;
        weighted.weights.push_back(static_cast<float>(weight));
    }
    return weighted;
}

/// One run over the selections. With phrases, only chunks that hold all of their terms count.
class WordSearch {
public:
    WordSearch(const CallContext& context, const State& state,
               std::span<const Selection> selections, const WordQuery& query)
        : context_(context),
          state_(state),
          selections_(selections.begin(), selections.end()),
          query_(query),
          weighted_(weigh(selections, query)) {
        if (!query.phrases.empty()) {
            for (Selection& selection : selections_) {
                keep_phrase_terms(selection);
            }
        }
    }

    double ideal() const { return weighted_.ideal; }

    Candidates find(std::size_t count) {
        TopList top(count);
        for (std::size_t i = 0; i < selections_.size(); ++i) {
            context_.check();
            std::vector<ScoredTerm> terms = open_terms(i);
            WordScan(selections_[i], weighted_.norm, terms, top).scan();
        }
        if (top.size() < count) {
            for (const Selection& selection : selections_) {
                add_stop_matches(selection, top);
            }
        }
        return top.take();
    }

    /// The first `count` that hold the phrases: takes more and more until there are enough of them.
    Candidates find_with_phrases(std::size_t count) {
        count = std::min(count, most_chunks);
        for (std::size_t wanted = count * widening_factor;; wanted *= widening_factor) {
            const Candidates found = find(wanted);
            Candidates kept;
            std::size_t checks = 0;
            for (const Candidate& candidate : found) {
                if (++checks % phrase_checks_between == 0) {
                    context_.check();
                }
                if (holds(candidate.chunk)) {
                    kept.push_back(candidate);
                    if (kept.size() == count) {
                        return kept;
                    }
                }
            }
            if (found.size() < wanted) {
                return kept;
            }
        }
    }

private:
    std::vector<ScoredTerm> open_terms(std::size_t selection) const {
        const Segment& segment = *selections_[selection].live->segment;
        const std::vector<const TermRow*>& rows = weighted_.rows[selection];
        std::vector<ScoredTerm> terms;
        terms.reserve(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i] != nullptr && weighted_.weights[i] > 0) {
                terms.push_back(
                    {PostingCursor(*rows[i], segment.postings()), weighted_.weights[i]});
            }
        }
        return terms;
    }

    void mark(const Selection& selection, std::string_view term, Bitmap& chunks) const {
        const Segment& segment = *selection.live->segment;
        if (const TermRow* row = segment.find_term(term)) {
            PostingCursor cursor(*row, segment.postings());
            for (; cursor.local() != no_local; cursor.next()) {
                chunks.set(cursor.local());
            }
        }
    }

    /// Chunks that hold stop terms alone; all others that match are in the list by now.
    void add_stop_matches(const Selection& selection, TopList& top) const {
        const Segment& segment = *selection.live->segment;
        Bitmap matches(segment.chunk_count());
        Bitmap scored(segment.chunk_count());
        bool any = false;
        for (std::size_t i = 0; i < query_.terms.size(); ++i) {
            const bool stop = !(weighted_.weights[i] > 0);
            any = any || stop;
            mark(selection, query_.terms[i].term, stop ? matches : scored);
        }
        if (!any) {
            return;
        }
        matches.subtract(scored);
        if (selection.allowed) {
            matches.intersect(*selection.allowed);
        }
        for (const LocalRange& range : selection.ranges) {
            matches.for_each(range.begin, range.end, [&](std::size_t local) {
                top.offer({segment.chunk_ids()[local], 0,
                           segment.chunk_row(static_cast<Local>(local)).text_key});
            });
        }
    }

    void keep_phrase_terms(Selection& selection) const {
        auto allowed = std::make_shared<Bitmap>(selection.live->segment->chunk_count());
        if (selection.allowed) {
            *allowed = *selection.allowed;
        } else {
            allowed->set_range(0, allowed->size());
        }
        for (const auto& phrase : query_.phrases) {
            for (const std::string& term : phrase) {
                Bitmap holders(allowed->size());
                mark(selection, term, holders);
                allowed->intersect(holders);
            }
        }
        selection.count = 0;
        for (const LocalRange& range : selection.ranges) {
            selection.count += allowed->count(range.begin, range.end);
        }
        selection.allowed = std::move(allowed);
    }

    bool holds(ChunkId chunk) {
        const auto [known, added] = holding_.try_emplace(chunk, false);
        if (added) {
            const auto place = find_chunk(state_, chunk);
            known->second = place && holds_phrases(*state_.segments[place->segment].segment,
                                                   place->local, query_.phrases);
        }
        return known->second;
    }

    const CallContext& context_;
    const State& state_;
    std::vector<Selection> selections_;
    const WordQuery& query_;
    const WeightedQuery weighted_;
    std::unordered_map<ChunkId, bool> holding_;
};

}  // namespace

WordCandidates find_best_words(const CallContext& context, const State& state,
                               std::span<const Selection> selections, const WordQuery& query,
                               std::size_t count) {
    WordCandidates result;
    if (query.terms.empty() || count == 0) {
        result.ideal = query.terms.empty() ? 0 : weigh(selections, query).ideal;
        return result;
    }
    WordSearch search(context, state, selections, query);
    result.ideal = search.ideal();
    result.hits = query.phrases.empty() ? search.find(count) : search.find_with_phrases(count);
    return result;
}

std::vector<std::optional<double>> score_words(const CallContext& context, const State& state,
                                               std::span<const Selection> selections,
                                               const WordQuery& query,
                                               std::span<const ChunkId> chunks) {
    const WeightedQuery weighted = weigh(selections, query);
    std::vector<std::optional<double>> scores(chunks.size());
    struct Wanted {
        Local local;
        std::size_t position;
    };
    std::vector<std::vector<Wanted>> by_segment(state.segments.size());
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        if (const auto place = find_chunk(state, chunks[i])) {
            by_segment[place->segment].push_back({place->local, i});
            scores[i] = 0;
        }
    }
    for (std::size_t s = 0; s < by_segment.size(); ++s) {
        context.check();
        auto& wanted = by_segment[s];
        std::sort(wanted.begin(), wanted.end(),
                  [](const Wanted& a, const Wanted& b) { return a.local < b.local; });
        const Segment& segment = *state.segments[s].segment;
        const auto selected = std::find_if(
            selections.begin(), selections.end(),
            [&](const Selection& selection) { return selection.live == &state.segments[s]; });
        for (std::size_t t = 0; t < query.terms.size() && !wanted.empty(); ++t) {
            const TermRow* row = nullptr;
            if (selected != selections.end()) {
                row = weighted.rows[static_cast<std::size_t>(selected - selections.begin())][t];
            } else if (weighted.weights[t] > 0) {
                row = segment.find_term(query.terms[t].term);
            }
            if (row == nullptr || !(weighted.weights[t] > 0)) {
                continue;
            }
            PostingCursor cursor(*row, segment.postings());
            for (const Wanted& one : wanted) {
                cursor.seek(one.local);
                if (cursor.local() == one.local) {
                    *scores[one.position] += static_cast<double>(weighted.norm.contribution(
                        weighted.weights[t], cursor.frequency(), segment.lengths()[one.local]));
                }
            }
        }
    }
    return scores;
}

WordStatistics count_words(const CallContext& context, std::span<const Selection> selections,
                           std::span<const std::string> terms) {
    WordStatistics statistics;
    statistics.chunk_count = sum_totals(selections).chunks;
    for (const std::string& term : terms) {
        context.check();
        std::int64_t count = 0;
        for (const Selection& selection : selections) {
            count += count_term(selection, selection.live->segment->find_term(term));
        }
        statistics.frequencies.push_back(count);
    }
    return statistics;
}

bool holds_phrases(const Segment& segment, Local local,
                   std::span<const std::vector<std::string>> phrases) {
    const std::vector<std::string> terms =
        text::index_terms(text::indexed_text(segment.filename(segment.chunk_row(local).document),
                                             segment.heading_path(local), segment.content(local)));
    return std::all_of(phrases.begin(), phrases.end(), [&](const std::vector<std::string>& phrase) {
        return std::search(terms.begin(), terms.end(), phrase.begin(), phrase.end()) != terms.end();
    });
}

}  // namespace rag::index
