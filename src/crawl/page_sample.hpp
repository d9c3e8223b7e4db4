#pragma once

#include "base/url.hpp"
#include "crawl/crawl_options.hpp"
#include "crawl/robots.hpp"
#include "rag/http_client.hpp"
#include "rag/page_source.hpp"

#include <string>
#include <vector>

namespace rag::crawl {

/// A few pages that stand for the site: the start page, then examples of each group of URLs in
/// turn, the largest group first.
std::vector<Url> choose_sample(const Url& start, const SiteAnalysis& analysis);

/// Reads the pages for what they say for machines, one after the other with the pause that
/// robots.txt asks for, as far as the context's deadline allows. `options.pause` is set. Never
/// throws for a site's faults; throws what the stop of the caller throws.
DataQuality read_sample(HttpClient& client, const CallContext& context, const CrawlOptions& options,
                        const Robots& robots, const std::vector<Url>& urls);

}  // namespace rag::crawl
