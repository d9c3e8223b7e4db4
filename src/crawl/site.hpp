#pragma once

#include "base/url.hpp"
#include "crawl/robots.hpp"
#include "crawl/scope.hpp"
#include "rag/http_client.hpp"
#include "rag/page_source.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <set>

namespace rag::crawl {

/// Waits, or throws Error{cancelled, deadline_exceeded}.
using Pause = std::function<void(const CallContext&, std::chrono::milliseconds)>;

struct CrawlOptions {
    std::string product = "rag-memory";    ///< The name that robots.txt knows us by; lower case.
    std::chrono::milliseconds delay{100};  ///< Between requests where robots.txt gives none.
    Pause pause;                           ///< Empty: the clock's.
};

/// Robots.txt of the URL's origin. 4xx allows everything (RFC 9309, 2.3.1.3); throws
/// Error{unavailable} when the server fails or cannot be reached within `timeout`.
Robots fetch_robots(HttpClient& client, const CallContext& context, const Url& url,
                    const std::string& product, std::chrono::milliseconds timeout);

/// Breadth-first through one site, so that each page has its true depth.
class Site final : public PageSource {
public:
    Site(HttpClient& client, CrawlOptions options, const CrawlRequest& request, Url root);

    std::optional<Page> next(const CallContext& context) override;
    const std::vector<FailedPage>& failed() const override { return failed_; }

private:
    struct Waiting {
        Url url;
        std::int64_t depth = 0;
        std::optional<std::string> parent;
    };

    std::optional<Page> visit(const CallContext& context, const Waiting& waiting);
    std::optional<Page> read(const Waiting& waiting, const HttpResponse& response);
    Page described(const Waiting& waiting, const HttpResponse& response) const;
    void add_links(const Waiting& waiting, const Url& base, const std::string& href);
    const Robots& robots_of(const CallContext& context, const Url& url);
    void fail(const Waiting& waiting, int status, const std::string& sentence);

    HttpClient& client_;
    CrawlOptions options_;
    CrawlRequest request_;
    Scope scope_;
    std::map<std::string, Robots> robots_;  ///< By origin.
    std::deque<Waiting> waiting_;
    std::set<std::string> seen_;  ///< Normalised URLs, waiting or visited.
    std::set<std::string> delivered_;
    std::vector<FailedPage> failed_;
    std::int64_t asked_ = 0;
};

}  // namespace rag::crawl
