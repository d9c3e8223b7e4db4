#pragma once

#include "base/url.hpp"
#include "crawl/crawl_options.hpp"
#include "crawl/fetcher.hpp"
#include "crawl/page_reader.hpp"
#include "rag/http_client.hpp"
#include "rag/page_source.hpp"

namespace rag::crawl {

/// Reads the pages of one crawl, documents among them, as they came or as their scripts leave them.
/// Used by one thread.
class AnswerReader final {
public:
    /// All must outlive this.
    AnswerReader(const CrawlOptions& options, const CrawlRequest& request, Fetcher& fetcher)
        : options_(options), request_(request), fetcher_(fetcher) {}

    /// Of an answer of status 2xx. Says in the visit whether scripts were run, or would have to be.
    /// Throws Error as PageRenderer does, where the page says nothing without its scripts.
    ReadPage read(const CallContext& context, const HttpResponse& response, const Url& url,
                  Visit& visit);

private:
    ReadPage read_rendered(const CallContext& context, const HttpResponse& response, const Url& url,
                           Visit& visit);

    const CrawlOptions& options_;
    const CrawlRequest& request_;
    Fetcher& fetcher_;
};

}  // namespace rag::crawl
