#include "support/fake_store.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace rag::test {
namespace {

constexpr double k1 = 1.2;
constexpr double b = 0.75;

void sort_and_cut(Candidates& list, std::size_t count) {
    std::sort(list.begin(), list.end(), [](const Candidate& x, const Candidate& y) {
        return x.score != y.score ? x.score > y.score : x.chunk < y.chunk;
    });
    list.resize(std::min(list.size(), count));
}

double dot(std::span<const float> x, std::span<const float> y) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        sum += double{x[i]} * double{y[i]};
    }
    return sum;
}

double occurrences(const std::vector<std::string>& terms, const std::string& term) {
    return static_cast<double>(std::count(terms.begin(), terms.end(), term));
}

bool holds_any(const std::vector<std::string>& terms, const WordQuery& query) {
    return std::any_of(query.terms.begin(), query.terms.end(),
                       [&](const QueryTerm& term) { return occurrences(terms, term.term) > 0; });
}

/// Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), with the idf of Lucene.
double bm25(const std::vector<std::string>& terms, const std::map<std::string, double>& weights,
            double average) {
    const double norm = k1 * (1 - b + b * static_cast<double>(terms.size()) / average);
    double sum = 0;
    for (const auto& [term, weight] : weights) {
        const double frequency = occurrences(terms, term);
        sum += weight * frequency * (k1 + 1) / (frequency + norm);
    }
    return sum;
}

}  // namespace

bool FakeStore::lies_under(const Entry& entry, const StoredChunk& chunk, const SearchScope& scope) {
    const bool inside =
        std::any_of(scope.collections.begin(), scope.collections.end(),
                    [&](CollectionId collection) { return entry.in.contains(collection); });
    return inside && matches(scope.filter, effective_metadata(entry.present.document.metadata,
                                                              chunk.chunk.metadata));
}

const FakeStore::StoredChunk* FakeStore::find_chunk(ChunkId id, const Entry** owner) const {
    for (const auto& [document, entry] : documents_) {
        for (const StoredChunk& chunk : entry.chunks) {
            if (chunk.chunk.id == id) {
                if (owner != nullptr) {
                    *owner = &entry;
                }
                return &chunk;
            }
        }
    }
    return nullptr;
}

/// The weights of the scoring terms, over the whole store.
std::map<std::string, double> FakeStore::weigh(const WordQuery& query) const {
    std::map<std::string, double> weights;
    for (const QueryTerm& term : query.terms) {
        if (term.stop) {
            continue;
        }
        double all = 0;
        double some = 0;
        for (const auto& [id, entry] : documents_) {
            for (const StoredChunk& chunk : entry.chunks) {
                all += 1;
                some += occurrences(chunk.terms, term.term) > 0 ? 1 : 0;
            }
        }
        weights[term.term] = std::log(1 + (all - some + 0.5) / (some + 0.5));
    }
    return weights;
}

double FakeStore::average_length() const {
    double chunks = 0;
    double terms = 0;
    for (const auto& [id, entry] : documents_) {
        for (const StoredChunk& chunk : entry.chunks) {
            chunks += 1;
            terms += static_cast<double>(chunk.terms.size());
        }
    }
    return terms > 0 ? terms / chunks : 1;
}

bool FakeStore::holds_phrases(const StoredChunk& chunk, const WordQuery& query) {
    return std::all_of(query.phrases.begin(), query.phrases.end(), [&](const auto& phrase) {
        return std::search(chunk.terms.begin(), chunk.terms.end(), phrase.begin(), phrase.end()) !=
                   chunk.terms.end() ||
               phrase.empty();
    });
}

Candidates FakeStore::nearest(const CallContext& context, const SearchScope& scope,
                              const EmbeddingSpace& space, std::span<const float> query,
                              std::size_t count) {
    context.check();
    const std::scoped_lock lock(mutex_);
    Candidates list;
    for (const auto& [id, entry] : documents_) {
        for (const StoredChunk& chunk : entry.chunks) {
            const Vector* vector = vector_of(chunk, space);
            if (vector != nullptr && lies_under(entry, chunk, scope)) {
                list.push_back({chunk.chunk.id, dot(query, *vector), chunk.text_key});
            }
        }
    }
    sort_and_cut(list, count);
    return list;
}

WordCandidates FakeStore::best_words(const CallContext& context, const SearchScope& scope,
                                     const WordQuery& query, std::size_t count) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const auto weights = weigh(query);
    const double average = average_length();
    WordCandidates found;
    found.ideal = 0;
    for (const auto& [term, weight] : weights) {
        *found.ideal += (k1 + 1) * weight;
    }
    for (const auto& [id, entry] : documents_) {
        for (const StoredChunk& chunk : entry.chunks) {
            if (holds_any(chunk.terms, query) && holds_phrases(chunk, query) &&
                lies_under(entry, chunk, scope)) {
                found.hits.push_back(
                    {chunk.chunk.id, bm25(chunk.terms, weights, average), chunk.text_key});
            }
        }
    }
    sort_and_cut(found.hits, count);
    return found;
}

std::vector<std::optional<double>> FakeStore::similarities(const CallContext& context,
                                                           const EmbeddingSpace& space,
                                                           std::span<const float> query,
                                                           std::span<const ChunkId> chunks) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::vector<std::optional<double>> list;
    for (const ChunkId id : chunks) {
        const StoredChunk* chunk = find_chunk(id);
        const Vector* vector = chunk != nullptr ? vector_of(*chunk, space) : nullptr;
        list.push_back(vector != nullptr ? std::optional(dot(query, *vector)) : std::nullopt);
    }
    return list;
}

std::vector<double> FakeStore::word_scores(const CallContext& context, const SearchScope&,
                                           const WordQuery& query,
                                           std::span<const ChunkId> chunks) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const auto weights = weigh(query);
    const double average = average_length();
    std::vector<double> scores;
    for (const ChunkId id : chunks) {
        const StoredChunk* chunk = find_chunk(id);
        scores.push_back(chunk == nullptr ? 0 : bm25(chunk->terms, weights, average));
    }
    return scores;
}

WordStatistics FakeStore::count_words(const CallContext& context, const SearchScope&,
                                      std::span<const std::string> stems) {
    context.check();
    const std::scoped_lock lock(mutex_);
    WordStatistics statistics;
    statistics.frequencies.assign(stems.size(), 0);
    for (const auto& [id, entry] : documents_) {
        for (const StoredChunk& chunk : entry.chunks) {
            ++statistics.chunk_count;
            for (std::size_t i = 0; i < stems.size(); ++i) {
                statistics.frequencies[i] += occurrences(chunk.terms, stems[i]) > 0 ? 1 : 0;
            }
        }
    }
    return statistics;
}

std::vector<Passage> FakeStore::load(const CallContext& context, std::span<const ChunkId> chunks) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::vector<Passage> list;
    for (const ChunkId id : chunks) {
        const Entry* owner = nullptr;
        if (const StoredChunk* chunk = find_chunk(id, &owner)) {
            const Document& document = owner->present.document;
            list.push_back(
                {chunk->chunk, document.filename, document.file_type, document.metadata});
        }
    }
    return list;
}

std::int64_t FakeStore::count(const CallContext& context, const SearchScope& scope) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::int64_t found = 0;
    for (const auto& [id, entry] : documents_) {
        for (const StoredChunk& chunk : entry.chunks) {
            found += lies_under(entry, chunk, scope) ? 1 : 0;
        }
    }
    return found;
}

}  // namespace rag::test
