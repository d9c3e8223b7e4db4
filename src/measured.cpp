#include "measured.hpp"

#include "rag/crawl_frontier.hpp"
#include "rag/error.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace rag {
namespace {

const std::vector<double> stage_bounds_s{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                         0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5};
const std::vector<double> service_bounds_s{0.001, 0.005, 0.01, 0.05, 0.1, 0.25,
                                           0.5,   1,     2.5,  10,   60};

/// What a timed piece of work writes to.
struct Timing {
    Metrics& metrics;
    std::string_view name;
    std::string_view help;
    const std::vector<double>& bounds;
    Metrics::Labels labels;
};

template <class Work>
auto timed(const Timing& timing, Work work) {
    const auto begun = std::chrono::steady_clock::now();
    auto result = work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    timing.metrics.histogram(timing.name, timing.help, timing.bounds, timing.labels)
        .observe(took.count());
    return result;
}

Timing stage(Metrics& metrics, const char* name) {
    return {metrics,
            "rag_search_stage_seconds",
            "Time of a stage of a search.",
            stage_bounds_s,
            {{"stage", name}}};
}

void count_embedding(Metrics& metrics, const char* purpose, const char* outcome) {
    metrics
        .counter("rag_embedding_calls_total", "Calls for vectors.",
                 {{"purpose", purpose}, {"outcome", outcome}})
        .add();
}

/// Counts a failure of the work and lets it pass.
template <class Work>
auto counted_embedding(Metrics& metrics, const char* purpose, Work work) {
    try {
        auto result = timed({metrics,
                             "rag_embedding_seconds",
                             "Time to have texts embedded.",
                             service_bounds_s,
                             {{"purpose", purpose}}},
                            std::move(work));
        count_embedding(metrics, purpose, "ok");
        return result;
    } catch (const std::exception&) {
        count_embedding(metrics, purpose, "error");
        throw;
    }
}

void count_outbound(Metrics& metrics, const char* reach, const std::string& status) {
    metrics
        .counter("rag_outbound_requests_total",
                 "HTTP requests to others: of services that the operator configured, and of the "
                 "public web.",
                 {{"reach", reach}, {"status", status}})
        .add();
}

/// The pages of one crawl, counted by what became of them.
class MeasuredPages final : public PageSource {
public:
    MeasuredPages(std::unique_ptr<PageSource> inner, Metrics& metrics)
        : inner_(std::move(inner)), metrics_(metrics) {}

    std::optional<Visit> next(const CallContext& context) override {
        std::optional<Visit> visit = inner_->next(context);
        if (visit) {
            metrics_
                .counter("rag_crawl_pages_total", "Pages that a crawl came to, by outcome.",
                         {{"outcome", outcome_of(*visit)}})
                .add();
        }
        return visit;
    }

private:
    static const char* outcome_of(const Visit& visit) {
        switch (visit.settled.state) {
            case FrontierState::done:
                return !visit.page                          ? "unchanged"
                       : visit.rendering == Rendering::done ? "rendered"
                                                            : "fetched";
            case FrontierState::failed: return "failed";
            case FrontierState::gone: return "gone";
            case FrontierState::moved: return "moved";
            case FrontierState::forbidden: return "forbidden";
            case FrontierState::waiting: break;
        }
        return "waiting";
    }

    const std::unique_ptr<PageSource> inner_;
    Metrics& metrics_;
};

}  // namespace

std::vector<Vector> MeasuredEmbedder::embed_passages(const CallContext& context,
                                                     std::span<const std::string> texts) {
    std::size_t bytes = 0;
    for (const std::string& text : texts) {
        bytes += text.size();
    }
    metrics_.counter("rag_embedding_texts_total", "Texts given to the model.").add(texts.size());
    metrics_.counter("rag_embedding_text_bytes_total", "Bytes of these texts.").add(bytes);
    return counted_embedding(metrics_, "passages",
                             [&] { return inner_->embed_passages(context, texts); });
}

Vector MeasuredEmbedder::embed_query(const CallContext& context, std::string_view text,
                                     const CountWords& count_words) {
    return timed(stage(metrics_, "embed"), [&] {
        return counted_embedding(metrics_, "query",
                                 [&] { return inner_->embed_query(context, text, count_words); });
    });
}

Candidates MeasuredIndex::nearest(const CallContext& context, const SearchScope& scope,
                                  const EmbeddingSpace& space, std::span<const float> query,
                                  std::size_t count) {
    return timed(stage(metrics_, "vectors"),
                 [&] { return inner_.nearest(context, scope, space, query, count); });
}

WordCandidates MeasuredIndex::best_words(const CallContext& context, const SearchScope& scope,
                                         const WordQuery& query, std::size_t count) {
    return timed(stage(metrics_, "words"),
                 [&] { return inner_.best_words(context, scope, query, count); });
}

std::vector<std::optional<double>> MeasuredIndex::similarities(const CallContext& context,
                                                               const EmbeddingSpace& space,
                                                               std::span<const float> query,
                                                               std::span<const ChunkId> chunks) {
    return timed(stage(metrics_, "similarities"),
                 [&] { return inner_.similarities(context, space, query, chunks); });
}

std::vector<double> MeasuredIndex::word_scores(const CallContext& context, const SearchScope& scope,
                                               const WordQuery& query,
                                               std::span<const ChunkId> chunks) {
    return timed(stage(metrics_, "word_scores"),
                 [&] { return inner_.word_scores(context, scope, query, chunks); });
}

WordStatistics MeasuredIndex::count_words(const CallContext& context, const SearchScope& scope,
                                          std::span<const std::string> stems) {
    return inner_.count_words(context, scope, stems);
}

std::vector<Passage> MeasuredIndex::load(const CallContext& context,
                                         std::span<const ChunkId> chunks) {
    return timed(stage(metrics_, "texts"), [&] { return inner_.load(context, chunks); });
}

std::int64_t MeasuredIndex::count(const CallContext& context, const SearchScope& scope) {
    return inner_.count(context, scope);
}

HttpResponse MeasuredHttp::send(const CallContext& context, const HttpRequest& request) {
    const char* reach = request.reach == Reach::anywhere ? "configured" : "web";
    try {
        HttpResponse response = timed({metrics_,
                                       "rag_outbound_request_seconds",
                                       "Time of HTTP requests to others.",
                                       service_bounds_s,
                                       {{"reach", reach}}},
                                      [&] { return inner_->send(context, request); });
        count_outbound(metrics_, reach, std::to_string(response.status));
        return response;
    } catch (const Error& error) {
        count_outbound(metrics_, reach, std::string(to_string(error.code())));
        throw;
    }
}

std::unique_ptr<PageSource> MeasuredWeb::crawl(const CallContext& context,
                                               const CrawlRequest& request) {
    return std::make_unique<MeasuredPages>(inner_->crawl(context, request), metrics_);
}

SiteAnalysis MeasuredWeb::analyze(const CallContext& context, const SiteAnalysisRequest& request) {
    return inner_->analyze(context, request);
}

}  // namespace rag
