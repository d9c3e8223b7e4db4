#include "memory/plain_store.hpp"

#include "text/words.hpp"

#include <algorithm>
#include <cmath>

namespace rag::test {
namespace {

template <class List>
void sort_and_cut(List& list, std::size_t count) {
    std::sort(list.begin(), list.end(), [](const Candidate& a, const Candidate& b) {
        return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
    });
    list.resize(std::min(list.size(), count));
}

double cosine(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    return sum;
}

}  // namespace

bool PlainStore::lies_under(const Stored& stored, const StoredChunk& chunk,
                            const SearchScope& scope) const {
    const bool inside =
        std::any_of(scope.collections.begin(), scope.collections.end(),
                    [&](CollectionId collection) { return stored.in.contains(collection); });
    return inside && matches(scope.filter,
                             effective_metadata(stored.document.metadata, chunk.chunk.metadata));
}

template <class Visit>
void PlainStore::each_chunk(const SearchScope& scope, Visit visit) const {
    for (const auto& [id, stored] : documents_) {
        for (const StoredChunk& chunk : stored.chunks) {
            if (lies_under(stored, chunk, scope)) {
                visit(chunk);
            }
        }
    }
}

Candidates PlainStore::nearest(const CallContext&, const SearchScope& scope, const EmbeddingSpace&,
                               std::span<const float> query, std::size_t count) {
    const std::scoped_lock lock(mutex_);
    enter();
    Candidates list;
    each_chunk(scope, [&](const StoredChunk& chunk) {
        if (!chunk.embedding.empty()) {
            list.push_back({chunk.chunk.id, cosine(query, chunk.embedding), chunk.text_key});
        }
    });
    sort_and_cut(list, count);
    return list;
}

std::map<std::string, double> PlainStore::weigh(const WordQuery& query,
                                                const SearchScope& scope) const {
    std::map<std::string, std::int64_t> frequency;
    std::int64_t all = 0;
    each_chunk({scope.collections, {}}, [&](const StoredChunk& chunk) {
        ++all;
        for (const std::string& term : std::set(chunk.terms.begin(), chunk.terms.end())) {
            ++frequency[term];
        }
    });
    std::map<std::string, double> idf;
    for (const QueryTerm& term : query.terms) {
        const auto df = static_cast<double>(frequency[term.term]);
        idf[term.term] =
            term.stop ? 0 : std::log(1 + (static_cast<double>(all) - df + 0.5) / (df + 0.5));
    }
    return idf;
}

/// BM25 with k1 = 1.2 and b = 0: lengths do not matter to the tests. Negative: no term is there.
double PlainStore::score(const StoredChunk& chunk, const WordQuery& query,
                         const std::map<std::string, double>& idf) const {
    double sum = 0;
    bool found = false;
    for (const QueryTerm& term : query.terms) {
        const auto tf =
            static_cast<double>(std::count(chunk.terms.begin(), chunk.terms.end(), term.term));
        found = found || tf > 0;
        sum += idf.at(term.term) * tf * 2.2 / (tf + 1.2);
    }
    return found ? sum : -1;
}

WordCandidates PlainStore::best_words(const CallContext&, const SearchScope& scope,
                                      const WordQuery& query, std::size_t count) {
    const std::scoped_lock lock(mutex_);
    enter();
    const std::map<std::string, double> idf = weigh(query, scope);
    WordCandidates list;
    list.ideal = 0;
    for (const auto& [term, weight] : idf) {
        *list.ideal += 2.2 * weight;
    }
    each_chunk(scope, [&](const StoredChunk& chunk) {
        if (const double value = score(chunk, query, idf); value >= 0) {
            list.hits.push_back({chunk.chunk.id, value, chunk.text_key});
        }
    });
    sort_and_cut(list.hits, count);
    return list;
}

std::vector<std::optional<double>> PlainStore::similarities(const CallContext&,
                                                            const EmbeddingSpace& space,
                                                            std::span<const float> query,
                                                            std::span<const ChunkId> ids) {
    const std::scoped_lock lock(mutex_);
    enter();
    std::vector<std::optional<double>> list(ids.size());
    for (const auto& [id, stored] : documents_) {
        const bool same = std::all_of(stored.in.begin(), stored.in.end(), [&](CollectionId in) {
            return collections_.at(in).space == space;
        });
        for (const StoredChunk& chunk : stored.chunks) {
            const auto at = std::find(ids.begin(), ids.end(), chunk.chunk.id);
            if (same && at != ids.end() && !chunk.embedding.empty()) {
                list[static_cast<std::size_t>(at - ids.begin())] = cosine(query, chunk.embedding);
            }
        }
    }
    return list;
}

std::vector<double> PlainStore::word_scores(const CallContext&, const SearchScope& scope,
                                            const WordQuery& query, std::span<const ChunkId> ids) {
    const std::scoped_lock lock(mutex_);
    enter();
    const std::map<std::string, double> idf = weigh(query, scope);
    std::vector<double> list(ids.size(), 0);
    each_chunk(scope, [&](const StoredChunk& chunk) {
        const auto at = std::find(ids.begin(), ids.end(), chunk.chunk.id);
        if (at != ids.end()) {
            list[static_cast<std::size_t>(at - ids.begin())] =
                std::max(0.0, score(chunk, query, idf));
        }
    });
    return list;
}

WordStatistics PlainStore::count_words(const CallContext&, const SearchScope& scope,
                                       std::span<const std::string> stems) {
    const std::scoped_lock lock(mutex_);
    enter();
    WordStatistics statistics{0, std::vector<std::int64_t>(stems.size(), 0)};
    each_chunk(scope, [&](const StoredChunk& chunk) {
        ++statistics.chunk_count;
        for (std::size_t i = 0; i < stems.size(); ++i) {
            const bool has =
                std::find(chunk.terms.begin(), chunk.terms.end(), stems[i]) != chunk.terms.end();
            statistics.frequencies[i] += has ? 1 : 0;
        }
    });
    return statistics;
}

std::vector<Passage> PlainStore::load(const CallContext&, std::span<const ChunkId> ids) {
    const std::scoped_lock lock(mutex_);
    enter();
    std::vector<Passage> list;
    for (const ChunkId wanted : ids) {
        for (const auto& [id, stored] : documents_) {
            for (const StoredChunk& chunk : stored.chunks) {
                if (chunk.chunk.id == wanted) {
                    list.push_back({chunk.chunk, stored.document.filename,
                                    stored.document.file_type, stored.document.metadata});
                }
            }
        }
    }
    return list;
}

std::int64_t PlainStore::count(const CallContext&, const SearchScope& scope) {
    const std::scoped_lock lock(mutex_);
    enter();
    std::int64_t found = 0;
    each_chunk(scope, [&](const StoredChunk&) { ++found; });
    return found;
}

}  // namespace rag::test
