#pragma once

#include "memory/collections.hpp"
#include "memory/fusion.hpp"
#include "rag/embedder.hpp"
#include "rag/search.hpp"
#include "rag/search_index.hpp"
#include "rag/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rag::memory {

/// Finds passages. Whatever the limit, the ranking of search_hits_max distinct texts is made and
/// then cut, so that a shorter list is the beginning of a longer one. Safe for concurrent use.
class Search final {
public:
    Search(Store& store, SearchIndex& index, Embedder& embedder, CollectionFinder& collections)
        : store_(store), index_(index), embedder_(embedder), collections_(collections) {}

    SearchResult search(const CallContext& context, const SearchQuery& query);

private:
    /// What a search may find, and with what it looks.
    struct Plan {
        SearchScope all;    ///< Every collection asked for.
        SearchScope dense;  ///< Those whose vectors the configured model made; may be empty.
        WordQuery words;
        Vector vector;  ///< Empty: no similarities.
        RankBy by = RankBy::both;
        std::optional<double> threshold;
    };

    /// With what it was made from, for an explanation.
    struct Ranking {
        std::vector<RankedEntry> entries;
        FusionRule rule;
        std::size_t vector_candidates = 0;
        std::size_t word_candidates = 0;
    };

    Plan make_plan(const CallContext& context, const SearchQuery& query,
                   std::vector<std::string>& notes);
    void split_by_space(const SearchQuery& query, const std::vector<Collection>& collections,
                        Plan& plan, std::vector<std::string>& notes);
    void embed(const CallContext& context, const SearchQuery& query, Plan& plan,
               std::vector<std::string>& notes);
    Ranking rank(const CallContext& context, const Plan& plan);
    std::vector<FusionEntry> gather(const CallContext& context, const Plan& plan,
                                    const Candidates& nearest, const WordCandidates& words);
    std::vector<SearchHit> load(const CallContext& context, const SearchQuery& query,
                                const Ranking& ranking);
    SearchExplanation explain(const CallContext& context, const Plan& plan, const Ranking& ranking);
    void add_context(const CallContext& context, std::int64_t neighbours, SearchHit& hit);
    void add_source(const CallContext& context, std::int64_t max_chars, SearchHit& hit);

    Store& store_;
    SearchIndex& index_;
    Embedder& embedder_;
    CollectionFinder& collections_;
};

}  // namespace rag::memory
