#pragma once

#include "base/url.hpp"
#include "crawl/answer_reader.hpp"
#include "crawl/crawl_options.hpp"
#include "crawl/fetch_ahead.hpp"
#include "crawl/fetcher.hpp"
#include "crawl/frontier.hpp"
#include "crawl/page_reader.hpp"
#include "crawl/scope.hpp"
#include "rag/http_client.hpp"
#include "rag/page_source.hpp"

#include <cstddef>
#include <deque>
#include <future>
#include <map>
#include <optional>
#include <string>

namespace rag::crawl {

/// Breadth-first through one site, so that each page has its true depth. Pages are asked for
/// several at once and visited in the order of the frontier, so that nothing depends on which
/// answer is first.
class Site final : public PageSource {
public:
    /// `options.pause` and `options.clock` are set; the client must outlive this.
    Site(HttpClient& client, CrawlOptions options, const CrawlRequest& request, Url root);

    std::optional<Visit> next(const CallContext& context) override;

private:
    /// Whether the page's links lead further.
    enum class Links { follow, ignore };

    /// A page that was taken from the frontier.
    struct Coming {
        Visit visit;
        Url url;
        Links links = Links::follow;
        bool unlinked = false;        ///< No link led to it.
        std::size_t at_once = 1;      ///< Pages of its host that may be on their way.
        std::future<Fetched> answer;  ///< Invalid when the visit is settled without one.
    };

    void begin(const CallContext& context);
    void read_lastmods(const CallContext& context, const Robots& robots);
    void take_ahead(const CallContext& context);
    std::optional<Coming> take();
    bool is_full(const std::string& authority) const;
    bool is_over() const;
    void ask(const CallContext& context, Coming& coming);
    Visit finish(const CallContext& context, Coming coming);
    bool is_unchanged_by_sitemap(const FrontierPage& page) const;
    bool may_ask_conditionally(const FrontierPage& page, Links links) const;
    void take_answer(const CallContext& context, const HttpResponse& response, const Coming& coming,
                     Visit& visit);
    void follow_redirect(const HttpResponse& response, const Url& url, Visit& visit);
    void take_page(const CallContext& context, const HttpResponse& response, const Coming& coming,
                   Visit& visit);
    void use_twin(const CallContext& context, const Url& url, ReadPage& read, Visit& visit);
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
    AnswerReader reader_;
    FetchAhead ahead_;
    std::deque<Coming> coming_;  ///< In the order of the frontier.
    Frontier frontier_;
    Scope scope_;
    std::map<std::string, Timestamp> lastmods_;  ///< Of known pages; the last moment they may mean.
    std::map<std::string, int> redirects_;       ///< Waiting URL to the redirects that led there.
    SteadyTime over_at_{};
    bool begun_ = false;
    std::int64_t visited_ = 0;
    std::int64_t bytes_ = 0;
};

}  // namespace rag::crawl
