#pragma once

#include "base/metrics.hpp"
#include "rag/embedder.hpp"
#include "rag/http_client.hpp"
#include "rag/page_source.hpp"
#include "rag/search_index.hpp"

#include <memory>

/// The ports of a server, measured: each hands every call on to what it stands before, which must
/// outlive it, and counts and times it. Safe for concurrent use as that is.
namespace rag {

class MeasuredEmbedder final : public Embedder {
public:
    MeasuredEmbedder(std::unique_ptr<Embedder> inner, Metrics& metrics)
        : inner_(std::move(inner)), metrics_(metrics) {}

    const EmbeddingSpace& space() const override { return inner_->space(); }
    FusionConstants fusion() const override { return inner_->fusion(); }
    std::vector<Vector> embed_passages(const CallContext& context,
                                       std::span<const std::string> texts) override;
    Vector embed_query(const CallContext& context, std::string_view text,
                       const CountWords& count_words) override;

private:
    const std::unique_ptr<Embedder> inner_;
    Metrics& metrics_;
};

/// The stages of a search, as the index sees them.
class MeasuredIndex final : public SearchIndex {
public:
    MeasuredIndex(SearchIndex& inner, Metrics& metrics) : inner_(inner), metrics_(metrics) {}

    Candidates nearest(const CallContext& context, const SearchScope& scope,
                       const EmbeddingSpace& space, std::span<const float> query,
                       std::size_t count) override;
    WordCandidates best_words(const CallContext& context, const SearchScope& scope,
                              const WordQuery& query, std::size_t count) override;
    std::vector<std::optional<double>> similarities(const CallContext& context,
                                                    const EmbeddingSpace& space,
                                                    std::span<const float> query,
                                                    std::span<const ChunkId> chunks) override;
    std::vector<double> word_scores(const CallContext& context, const SearchScope& scope,
                                    const WordQuery& query,
                                    std::span<const ChunkId> chunks) override;
    WordStatistics count_words(const CallContext& context, const SearchScope& scope,
                               std::span<const std::string> stems) override;
    std::vector<Passage> load(const CallContext& context, std::span<const ChunkId> chunks) override;
    std::int64_t count(const CallContext& context, const SearchScope& scope) override;
    SearchRoute route(const SearchScope& scope, const EmbeddingSpace& space) const override {
        return inner_.route(scope, space);
    }

private:
    SearchIndex& inner_;
    Metrics& metrics_;
};

class MeasuredHttp final : public HttpClient {
public:
    MeasuredHttp(std::unique_ptr<HttpClient> inner, Metrics& metrics)
        : inner_(std::move(inner)), metrics_(metrics) {}

    HttpResponse send(const CallContext& context, const HttpRequest& request) override;

private:
    const std::unique_ptr<HttpClient> inner_;
    Metrics& metrics_;
};

class MeasuredWeb final : public Web {
public:
    MeasuredWeb(std::unique_ptr<Web> inner, Metrics& metrics)
        : inner_(std::move(inner)), metrics_(metrics) {}

    std::unique_ptr<PageSource> crawl(const CallContext& context,
                                      const CrawlRequest& request) override;
    SiteAnalysis analyze(const CallContext& context, const SiteAnalysisRequest& request) override;

private:
    const std::unique_ptr<Web> inner_;
    Metrics& metrics_;
};

}  // namespace rag
