#pragma once

#include "crawl/crawl_options.hpp"
#include "rag/http_client.hpp"
#include "rag/page_source.hpp"

namespace rag::crawl {

/// What the site says of itself, as CrawlOptions and the request bound it. A site that cannot be
/// reached is a result ("not_found"); only a stopped caller and a refused URL are errors.
SiteAnalysis analyze_site(HttpClient& client, const CallContext& context,
                          const CrawlOptions& options, const SiteAnalysisRequest& request);

}  // namespace rag::crawl
