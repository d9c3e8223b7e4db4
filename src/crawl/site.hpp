#pragma once

#include "base/url.hpp"
#include "crawl/crawl_options.hpp"
#include "crawl/fetcher.hpp"
#include "crawl/frontier.hpp"
#include "crawl/page_reader.hpp"
#include "crawl/scope.hpp"
#include "rag/http_client.hpp"
#include "rag/page_source.hpp"

#include <map>
#include <string>

namespace rag::crawl {

/// Breadth-first through one site, so that each page has its true depth.
class Site final : public PageSource {
public:
    /// `options.pause` and `options.clock` are set; the client must outlive this.
    Site(HttpClient& client, CrawlOptions options, const CrawlRequest& request, Url root);

    std::optional<Visit> next(const CallContext& context) override;

private:
    /// Whether the page's links lead further.
    enum class Links { follow, ignore };

    void begin(const CallContext& context);
    void read_lastmods(const CallContext& context, const Robots& robots);
    bool is_within_bounds() const;
    Visit visit(const CallContext& context, FrontierPage page, Links links);
    bool is_unchanged_by_sitemap(const FrontierPage& page) const;
    bool may_ask_conditionally(const FrontierPage& page, Links links) const;
    void take_answer(const HttpResponse& response, const Url& url, Links links, Visit& visit);
    void follow_redirect(const HttpResponse& response, const Url& url, Visit& visit);
    void take_page(const HttpResponse& response, const Url& url, Links links, Visit& visit);
    void use_canonical(const Url& url, const std::optional<Url>& canonical, Visit& visit);
    void add_known_links(Links links, Visit& visit);
    Page make_page(const HttpResponse& response, ReadPage&& read,
                   const FrontierPage& settled) const;
    Timestamp now() const { return options_.clock->now(); }

    HttpClient& client_;
    const CrawlOptions options_;
    const CrawlRequest request_;
    const Url root_;
    Fetcher fetcher_;
    Frontier frontier_;
    Scope scope_;
    std::map<std::string, Timestamp> lastmods_;  ///< By URL; the last moment they may mean.
    std::map<std::string, int> redirects_;       ///< Waiting URL to the redirects that led there.
    SteadyTime over_at_{};
    bool begun_ = false;
    std::int64_t visited_ = 0;
    std::int64_t bytes_ = 0;
};

}  // namespace rag::crawl
