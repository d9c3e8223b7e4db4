#include "memory/explanation_form.hpp"

#include "base/time_text.hpp"

namespace rag::memory {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

}  // namespace

Json hit_explanation_form(const SearchHit& hit) {
    const HitExplanation& explanation = *hit.explanation;
    return {{"rank_vector", or_null(hit.rank_vector)},
            {"similarity", or_null(hit.similarity)},
            {"rank_keyword", or_null(hit.rank_keyword)},
            {"word_score", explanation.word_score},
            {"word_part", explanation.word_part},
            {"vector_part", explanation.vector_part},
            {"score", hit.score},
            {"reserved_place", explanation.reserved_place}};
}

Json search_explanation_form(const SearchResult& result) {
    if (!result.explanation) {
        return nullptr;
    }
    const SearchExplanation& explanation = *result.explanation;
    Json form = {{"ranked_by", explanation.ranked_by},
                 {"vector_weight", explanation.vector_weight},
                 {"ideal_word_score", or_null(explanation.ideal_word_score)},
                 {"threshold", or_null(explanation.threshold)},
                 {"searched_set", explanation.searched_set},
                 {"filter_set", explanation.filter_set},
                 {"vector_candidates", explanation.vector_candidates},
                 {"word_candidates", explanation.word_candidates},
                 {"answered_by", to_string(result.route.path)}};
    if (result.route.cut_off_since) {
        form["cut_off_since"] = to_iso8601(*result.route.cut_off_since);
    }
    return form;
}

std::string_view to_string(SearchPath path) {
    switch (path) {
        case SearchPath::store: return "store";
        case SearchPath::fallback: return "fallback";
        case SearchPath::scan: return "scan";
        case SearchPath::graph: return "graph";
    }
    return "store";
}

}  // namespace rag::memory
