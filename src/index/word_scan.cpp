#include "index/word_scan.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace rag::index {
namespace {

/// From one chunk in so many on, looking each allowed chunk up is cheaper than reading the lists.
constexpr std::size_t sparse_factor = 24;

}  // namespace

WordScan::WordScan(const Selection& selection, const LengthNorm& norm,
                   std::vector<ScoredTerm>& terms, TopList& top)
    : selection_(selection),
      segment_(*selection.live->segment),
      norm_(norm),
      terms_(terms),
      top_(top),
      order_(terms.size()),
      bounds_(terms.size()),
      sums_(terms.size() + 1) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
}

void WordScan::scan() {
    if (terms_.empty() || selection_.count == 0) {
        return;
    }
    const bool sparse =
        selection_.allowed &&
        selection_.count * sparse_factor < static_cast<std::size_t>(selection_.totals.chunks);
    for (const LocalRange& range : selection_.ranges) {
        if (sparse) {
            scan_sparse(range);
        } else {
            scan_range(range);
        }
    }
}

float WordScan::contribution(ScoredTerm& term, Local local) const {
    return norm_.contribution(term.weight, term.cursor.frequency(), segment_.lengths()[local]);
}

/// Sorts the terms by their bounds and sums these up.
void WordScan::order_terms() {
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
        return bounds_[a] != bounds_[b] ? bounds_[a] < bounds_[b] : a < b;
    });
    for (std::size_t i = 0; i < order_.size(); ++i) {
        sums_[i + 1] = sums_[i] + static_cast<double>(bounds_[order_[i]]);
    }
}

void WordScan::scan_range(const LocalRange& range) {
    for (Local at = range.begin; at < range.end;) {
        const Local begin = find_next(at);
        if (begin >= range.end) {
            return;
        }
        const Local end = range.end - begin > window_size ? begin + window_size : range.end;
        scan_window(begin, end);
        at = end;
    }
}

/// The first chunk from `from` on that holds a term without which no chunk can enter the list.
Local WordScan::find_next(Local from) {
    for (std::size_t i = 0; i < terms_.size(); ++i) {
        bounds_[i] = terms_[i].weight;
    }
    order_terms();
    Local next = no_local;
    for (std::size_t i = 0; i < order_.size(); ++i) {
        if (sums_[i + 1] >= top_.threshold()) {
            PostingCursor& cursor = terms_[order_[i]].cursor;
            cursor.seek(from);
            next = std::min(next, cursor.local());
        }
    }
    return next;
}

void WordScan::scan_window(Local begin, Local end) {
    for (std::size_t i = 0; i < terms_.size(); ++i) {
        bounds_[i] = terms_[i].cursor.bound(begin, end, norm_, terms_[i].weight);
    }
    order_terms();
    std::size_t essential = 0;
    while (essential < terms_.size() && sums_[essential + 1] < top_.threshold()) {
        ++essential;
    }
    if (essential < terms_.size()) {
        accumulate(essential, begin, end);
        finish_window(essential, begin);
    }
}

void WordScan::accumulate(std::size_t essential, Local begin, Local end) {
    const auto lengths = segment_.lengths();
    for (std::size_t i = essential; i < order_.size(); ++i) {
        ScoredTerm& term = terms_[order_[i]];
        PostingCursor& cursor = term.cursor;
        for (cursor.seek(begin); cursor.local() < end; cursor.next()) {
            const Local local = cursor.local();
            const std::size_t at = local - begin;
            scores_[at] += static_cast<double>(
                norm_.contribution(term.weight, cursor.frequency(), lengths[local]));
            touched_[at / 64] |= std::uint64_t{1} << (at % 64);
        }
    }
}

void WordScan::finish_window(std::size_t essential, Local begin) {
    for (std::size_t word = 0; word < touched_.size(); ++word) {
        for (std::uint64_t bits = touched_[word]; bits != 0; bits &= bits - 1) {
            const std::size_t at = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
            const auto local = static_cast<Local>(begin + at);
            if (!selection_.allowed || selection_.allowed->test(local)) {
                finish_chunk(essential, local, scores_[at]);
            }
            scores_[at] = 0;
        }
        touched_[word] = 0;
    }
}

/// Adds what the other terms contribute while that can still matter.
void WordScan::finish_chunk(std::size_t essential, Local local, double score) {
    for (std::size_t i = essential; i-- > 0;) {
        if (score + sums_[i + 1] < top_.threshold()) {
            return;
        }
        ScoredTerm& term = terms_[order_[i]];
        term.cursor.seek(local);
        if (term.cursor.local() == local) {
            score += static_cast<double>(contribution(term, local));
        }
    }
    offer(local, score);
}

/// Looks each allowed chunk up in every list.
void WordScan::scan_sparse(const LocalRange& range) {
    selection_.allowed->for_each(range.begin, range.end, [&](std::size_t i) {
        const auto local = static_cast<Local>(i);
        double score = 0;
        for (ScoredTerm& term : terms_) {
            term.cursor.seek(local);
            if (term.cursor.local() == local) {
                score += static_cast<double>(contribution(term, local));
            }
        }
        if (score > 0) {
            offer(local, score);
        }
    });
}

void WordScan::offer(Local local, double score) {
    if (score >= top_.threshold()) {
        top_.offer({segment_.chunk_ids()[local], score, segment_.chunk_row(local).text_key});
    }
}

}  // namespace rag::index
