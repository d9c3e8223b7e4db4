#include "index/model.hpp"
#include "index/quantize.hpp"
#include "text/chunk.hpp"
#include "text/fold.hpp"
#include "text/words.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace rag::index_test {
namespace {

struct Seen {
    IndexedDocument document;
    IndexedChunk chunk;
    std::vector<std::string> terms;
    std::map<std::string, std::uint32_t> counts;
};

bool in_scope(const IndexedDocument& document, const std::vector<CollectionId>& collections) {
    return std::any_of(document.collections.begin(), document.collections.end(), [&](auto id) {
        return std::count(collections.begin(), collections.end(), id) > 0;
    });
}

std::vector<Seen> look(const ModelSource& source, const std::vector<CollectionId>* collections) {
    std::vector<Seen> all;
    for (const IndexedDocument& document : source.documents()) {
        if (collections != nullptr && !in_scope(document, *collections)) {
            continue;
        }
        for (const IndexedChunk& chunk : document.chunks) {
            Seen seen{document, chunk, {}, {}};
            seen.terms = text::index_terms(text::indexed_text(
                document.filename, chunk.chunk.heading_path, chunk.chunk.content));
            for (const std::string& term : seen.terms) {
                ++seen.counts[term];
            }
            all.push_back(std::move(seen));
        }
    }
    return all;
}

bool passes(const Seen& seen, const MetadataFilter& filter) {
    return matches(filter, effective_metadata(seen.document.metadata, seen.chunk.chunk.metadata));
}

std::optional<double> similarity(const Seen& seen, const EmbeddingSpace& space,
                                 std::span<const float> query) {
    if (seen.chunk.vectors.empty() || seen.chunk.vectors.front().space != space) {
        return std::nullopt;
    }
    const Vector& vector = seen.chunk.vectors.front().vector;
    std::vector<std::int8_t> codes(vector.size());
    const float scale = index::quantize(vector, codes);
    const index::QueryCodes prepared = index::prepare_query(query);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        sum += std::int64_t{prepared.codes[i]} * std::int64_t{codes[i]};
    }
    return std::clamp(
        static_cast<double>(sum) * static_cast<double>(scale) * static_cast<double>(prepared.scale),
        -1.0, 1.0);
}

struct Weights {
    std::vector<float> terms;
    float base = 0;
    float slope = 0;
    double ideal = 0;
};

Weights weigh(const std::vector<Seen>& all, const WordQuery& query) {
    Weights weights;
    double length = 0;
    for (const Seen& seen : all) {
        length += static_cast<double>(seen.terms.size());
    }
    const double average = length > 0 ? length / static_cast<double>(all.size()) : 1.0;
    weights.base = static_cast<float>(1.2 * 0.25);
    weights.slope = static_cast<float>(1.2 * 0.75 / average);
    for (const QueryTerm& term : query.terms) {
        double weight = 0;
        if (!term.stop) {
            const auto holders =
                static_cast<double>(std::count_if(all.begin(), all.end(), [&](const Seen& seen) {
                    return seen.counts.contains(term.term);
                }));
            weight = 2.2 * std::log(1.0 + (static_cast<double>(all.size()) - holders + 0.5) /
                                              (holders + 0.5));
        }
        weights.ideal += weight;
        weights.terms.push_back(static_cast<float>(weight));
    }
    return weights;
}

double score(const Seen& seen, const WordQuery& query, const Weights& weights, bool& any) {
    double sum = 0;
    for (std::size_t i = 0; i < query.terms.size(); ++i) {
        const auto found = seen.counts.find(query.terms[i].term);
        if (found == seen.counts.end()) {
            continue;
        }
        any = true;
        const auto tf = static_cast<float>(found->second);
        const auto length = static_cast<float>(seen.terms.size());
        const float part = weights.terms[i] * tf / (tf + (weights.base + weights.slope * length));
        sum += static_cast<double>(part);
    }
    return sum;
}

bool holds_phrases(const Seen& seen, const WordQuery& query) {
    return std::all_of(query.phrases.begin(), query.phrases.end(), [&](const auto& phrase) {
        return std::search(seen.terms.begin(), seen.terms.end(), phrase.begin(), phrase.end()) !=
               seen.terms.end();
    });
}

void keep_best(Candidates& candidates, std::size_t count) {
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
        return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
    });
    candidates.resize(std::min(count, candidates.size()));
}

}  // namespace

Candidates ModelIndex::nearest(const CallContext& /*context*/, const SearchScope& scope,
                               const EmbeddingSpace& space, std::span<const float> query,
                               std::size_t count) {
    ++calls;
    Candidates found;
    for (const Seen& seen : look(source_, &scope.collections)) {
        const auto value = similarity(seen, space, query);
        if (value && passes(seen, scope.filter)) {
            found.push_back(
                {seen.chunk.chunk.id, *value, text::fold_key(seen.chunk.chunk.content)});
        }
    }
    keep_best(found, count);
    return found;
}

WordCandidates ModelIndex::best_words(const CallContext& /*context*/, const SearchScope& scope,
                                      const WordQuery& query, std::size_t count) {
    ++calls;
    const std::vector<Seen> all = look(source_, &scope.collections);
    const Weights weights = weigh(all, query);
    WordCandidates found;
    found.ideal = weights.ideal;
    for (const Seen& seen : all) {
        bool any = false;
        const double value = score(seen, query, weights, any);
        if (any && passes(seen, scope.filter) && holds_phrases(seen, query)) {
            found.hits.push_back(
                {seen.chunk.chunk.id, value, text::fold_key(seen.chunk.chunk.content)});
        }
    }
    keep_best(found.hits, count);
    return found;
}

std::vector<std::optional<double>> ModelIndex::similarities(const CallContext& /*context*/,
                                                            const EmbeddingSpace& space,
                                                            std::span<const float> query,
                                                            std::span<const ChunkId> chunks) {
    ++calls;
    std::map<ChunkId, std::optional<double>> known;
    for (const Seen& seen : look(source_, nullptr)) {
        known[seen.chunk.chunk.id] = similarity(seen, space, query);
    }
    std::vector<std::optional<double>> result;
    for (const ChunkId id : chunks) {
        result.push_back(known[id]);
    }
    return result;
}

std::vector<double> ModelIndex::word_scores(const CallContext& /*context*/,
                                            const SearchScope& scope, const WordQuery& query,
                                            std::span<const ChunkId> chunks) {
    ++calls;
    const std::vector<Seen> all = look(source_, &scope.collections);
    const Weights weights = weigh(all, query);
    std::map<ChunkId, double> known;
    for (const Seen& seen : all) {
        bool any = false;
        known[seen.chunk.chunk.id] = score(seen, query, weights, any);
    }
    std::vector<double> result;
    for (const ChunkId id : chunks) {
        result.push_back(known[id]);
    }
    return result;
}

WordStatistics ModelIndex::count_words(const CallContext& /*context*/, const SearchScope& scope,
                                       std::span<const std::string> stems) {
    ++calls;
    const std::vector<Seen> all = look(source_, &scope.collections);
    WordStatistics statistics;
    statistics.chunk_count = static_cast<std::int64_t>(all.size());
    for (const std::string& stem : stems) {
        statistics.frequencies.push_back(std::count_if(
            all.begin(), all.end(), [&](const Seen& seen) { return seen.counts.contains(stem); }));
    }
    return statistics;
}

std::vector<Passage> ModelIndex::load(const CallContext& /*context*/,
                                      std::span<const ChunkId> chunks) {
    ++calls;
    std::map<ChunkId, Passage> known;
    for (const Seen& seen : look(source_, nullptr)) {
        known[seen.chunk.chunk.id] = {seen.chunk.chunk, seen.document.filename,
                                      seen.document.file_type, seen.document.metadata};
    }
    std::vector<Passage> passages;
    for (const ChunkId id : chunks) {
        if (known.contains(id)) {
            passages.push_back(known[id]);
        }
    }
    return passages;
}

std::int64_t ModelIndex::count(const CallContext& /*context*/, const SearchScope& scope) {
    ++calls;
    std::int64_t sum = 0;
    for (const Seen& seen : look(source_, &scope.collections)) {
        sum += passes(seen, scope.filter) ? 1 : 0;
    }
    return sum;
}

}  // namespace rag::index_test
