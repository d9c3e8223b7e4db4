#pragma once

#include "crawl/crawl_options.hpp"
#include "rag/http_client.hpp"
#include "rag/page_source.hpp"

namespace rag::crawl {

/// Web over an HttpClient, which must outlive it and the page sources that it opens.
class SiteCrawler final : public Web {
public:
    SiteCrawler(HttpClient& client, CrawlOptions options);

    std::unique_ptr<PageSource> crawl(const CallContext& context,
                                      const CrawlRequest& request) override;
    SiteAnalysis analyze(const CallContext& context, const SiteAnalysisRequest& request) override;

private:
    HttpClient& client_;
    CrawlOptions options_;  ///< Pause and clock are set.
};

}  // namespace rag::crawl
