#include "index/vectors.hpp"

#include "base/int8_dot.hpp"
#include "index/top_list.hpp"

#include <algorithm>
#include <array>

namespace rag::index {
namespace {

/// Rows compared before the sums are looked at: small enough for the sums to stay in the cache.
constexpr std::size_t rows_at_once = 512;

double similarity(std::int64_t sum, float scale, float query_scale) {
    const double value =
        static_cast<double>(sum) * static_cast<double>(scale) * static_cast<double>(query_scale);
    return std::clamp(value, -1.0, 1.0);
}

class Scan {
public:
    Scan(const QueryCodes& query, TopList& top) : query_(query), top_(top) {}

    void scan(const Selection& selection, const VectorBlock& vectors) {
        segment_ = selection.live->segment.get();
        for (const LocalRange& range : selection.ranges) {
            if (selection.allowed) {
                scan_allowed(*selection.allowed, range, vectors);
            } else {
                scan_all(range, vectors);
            }
        }
    }

private:
    void scan_all(const LocalRange& range, const VectorBlock& vectors) {
        const auto first =
            std::lower_bound(vectors.locals.begin(), vectors.locals.end(), range.begin);
        const auto last = std::lower_bound(first, vectors.locals.end(), range.end);
        auto row = static_cast<std::size_t>(first - vectors.locals.begin());
        const auto end = static_cast<std::size_t>(last - vectors.locals.begin());
        std::array<std::int64_t, rows_at_once> sums;
        while (row < end) {
            const std::size_t count = std::min(rows_at_once, end - row);
            dot_int8_rows(vectors.row(row), query_.codes.data(), vectors.dimensions,
                          std::span(sums).first(count));
            for (std::size_t i = 0; i < count; ++i) {
                offer(sums[i], vectors.scales[row + i], vectors.locals[row + i]);
            }
            row += count;
        }
    }

    void scan_allowed(const Bitmap& allowed, const LocalRange& range, const VectorBlock& vectors) {
        allowed.for_each(range.begin, range.end, [&](std::size_t i) {
            const auto local = static_cast<Local>(i);
            if (const auto row = vectors.find(local)) {
                offer(dot_int8(vectors.row(*row), query_.codes.data(), vectors.dimensions),
                      vectors.scales[*row], local);
            }
        });
    }

    void offer(std::int64_t sum, float scale, Local local) {
        const double score = similarity(sum, scale, query_.scale);
        if (score >= top_.threshold()) {
            top_.offer({segment_->chunk_ids()[local], score, segment_->chunk_row(local).text_key});
        }
    }

    const QueryCodes& query_;
    TopList& top_;
    const Segment* segment_ = nullptr;
};

}  // namespace

Candidates find_nearest(const CallContext& context, std::span<const Selection> selections,
                        const EmbeddingSpace& space, std::span<const float> query,
                        std::size_t count) {
    const QueryCodes prepared = prepare_query(query);
    TopList top(count);
    Scan scan(prepared, top);
    for (const Selection& selection : selections) {
        context.check();
        if (selection.count > 0) {
            if (const auto vectors = selection.live->segment->vectors(space)) {
                scan.scan(selection, *vectors);
            }
        }
    }
    return top.take();
}

std::optional<double> SimilarityOf::operator()(const Segment& segment, Local local) const {
    const auto vectors = segment.vectors(space_);
    const auto row = vectors ? vectors->find(local) : std::nullopt;
    if (!row) {
        return std::nullopt;
    }
    return similarity(dot_int8(vectors->row(*row), query_.codes.data(), vectors->dimensions),
                      vectors->scales[*row], query_.scale);
}

}  // namespace rag::index
