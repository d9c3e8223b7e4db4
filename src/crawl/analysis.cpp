#include "crawl/analysis.hpp"

#include "base/url.hpp"
#include "crawl/fetcher.hpp"
#include "crawl/page_sample.hpp"
#include "crawl/scope.hpp"
#include "crawl/sitemap_walk.hpp"
#include "rag/error.hpp"
#include "rag/page_renderer.hpp"
#include "text/html.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

namespace rag::crawl {
namespace {

/// One analysis: what is left of its time, and what was tried.
struct Analysis {
    HttpClient& client;
    CallContext context;      ///< With the deadline of the analysis.
    const CallContext& call;  ///< Whose stop is an error.
    std::vector<std::string> tried;
    std::set<std::string> urls;
    bool complete = true;

    std::optional<HttpResponse> get(const std::string& url) {
        tried.push_back(url);
        HttpRequest request;
        request.url = url;
        try {
            HttpResponse response = client.send(context, request);
            return response.status == 200 ? std::optional(std::move(response)) : std::nullopt;
        } catch (const Error& error) {
            call.check();
            complete = complete && error.code() != ErrorCode::deadline_exceeded;
            return std::nullopt;
        }
    }

    bool read_sitemaps(const Url& start, const std::vector<std::string>& named) {
        SitemapWalk walk(client, context,
                         [this](const std::string& url, const std::string&) { urls.insert(url); });
        bool found = walk.read(named);
        for (const char* path : {"/sitemap.xml", "/sitemap_index.xml"}) {
            found = found || walk.read({start.origin() + path});
        }
        tried.insert(tried.end(), walk.tried().begin(), walk.tried().end());
        complete = complete && walk.is_complete();
        return found;
    }
};

std::int64_t depth_of(const Url& url) {
    std::int64_t depth = 0;
    for (std::size_t i = 0; i + 1 < url.path.size(); ++i) {
        depth += url.path[i] == '/' && url.path[i + 1] != '/' ? 1 : 0;
    }
    return depth;
}

void count(SiteAnalysis& result, const std::set<std::string>& urls, std::int64_t listed_max) {
    std::map<std::string, std::vector<Url>> groups;
    std::set<std::string> domains;
    for (const std::string& text : urls) {
        if (const auto url = parse_url(text)) {
            domains.insert(url->host);
            groups[url->path.substr(0, url->path.find('/', 1))].push_back(*url);
        }
    }
    result.domains.assign(domains.begin(), domains.end());
    result.total_urls = static_cast<std::int64_t>(urls.size());
    for (auto& [key, members] : groups) {
        std::sort(members.begin(), members.end(), [](const Url& a, const Url& b) {
            return a.path.size() != b.path.size() ? a.path.size() < b.path.size()
                                                  : a.text() < b.text();
        });
        UrlPattern pattern;
        pattern.count = static_cast<std::int64_t>(members.size());
        double depths = 0;
        for (const Url& url : members) {
            depths += static_cast<double>(depth_of(url));
            if (pattern.example_urls.size() < 3) {
                pattern.example_urls.push_back(url.text());
            }
            if (static_cast<std::int64_t>(pattern.urls.size()) < listed_max) {
                pattern.urls.push_back(url.text());
            }
        }
        pattern.average_depth = std::round(depths / static_cast<double>(members.size()) * 10) / 10;
        result.patterns.emplace_back(key, std::move(pattern));
    }
    std::sort(result.patterns.begin(), result.patterns.end(), [](const auto& a, const auto& b) {
        return a.second.count != b.second.count ? a.second.count > b.second.count
                                                : a.first < b.first;
    });
}

void add_links(Analysis& work, const Url& at, const text::HtmlPage& page) {
    const Url base = resolve_url(at, page.base_href).value_or(at);
    const Scope scope{at, {}, {}};
    for (const text::HtmlLink& link : page.links) {
        const auto url = resolve_url(base, link.href);
        if (url && scope.takes(*url)) {
            work.urls.insert(url->text());
        }
    }
}

/// Of the start page, and where it has none, of what its scripts make of it.
void read_links(Analysis& work, const Url& start, PageRenderer* renderer) {
    const auto response = work.get(start.text());
    const auto at = response ? parse_url(response->url) : std::nullopt;
    if (!at) {
        return;
    }
    const text::HtmlPage page = text::read_html(response->body, response->header("content-type"));
    add_links(work, *at, page);
    if (!work.urls.empty() || page.scripts.scripts == 0 || renderer == nullptr ||
        !renderer->why_not().empty()) {
        return;
    }
    try {
        const RenderedPage rendered = renderer->render(work.context, *response);
        add_links(work, *at, text::read_html(rendered.html, "text/html; charset=utf-8"));
    } catch (const Error&) {
        work.call.check();
        work.complete = false;
    }
}

std::string notes_of(const SiteAnalysis& result, const Analysis& work) {
    std::string notes = result.method == "sitemap" ? "Counted from the site's sitemaps."
                        : result.method == "links"
                            ? "There is no sitemap; the links of the start page are counted."
                            : "No sitemap and no links were found.";
    notes += " Asked for:";
    for (std::size_t i = 0; i < std::min<std::size_t>(work.tried.size(), 10); ++i) {
        notes += ' ' + work.tried[i];
    }
    return work.complete ? notes : notes + ". Limits of time or number cut the work short.";
}

/// A host that may not be fetched is like one that cannot be reached: no error, and the notes say
/// why.
SiteAnalysis make_refused(const Url& start, const std::string& reason) {
    SiteAnalysis result;
    result.base_url = start.text();
    result.method = "not_found";
    result.notes = reason;
    return result;
}

}  // namespace

SiteAnalysis analyze_site(HttpClient& client, const CallContext& context,
                          const CrawlOptions& options, const SiteAnalysisRequest& request) {
    const auto start = parse_url(request.base_url);
    if (!start) {
        throw Error(ErrorCode::invalid_argument,
                    "base_url '" + request.base_url.substr(0, 200) +
                        "' is no absolute http or https URL; write it as https://example.com.");
    }
    Analysis work{client, context, context, {}, {}, true};
    const std::chrono::seconds time(request.timeout_s);
    work.context.deadline = std::min(context.deadline, std::chrono::steady_clock::now() + time);
    std::optional<Robots> robots;
    try {
        robots = fetch_robots(client, work.context, *start, options.product, time);
    } catch (const Error& error) {
        context.check();
        if (error.code() == ErrorCode::invalid_argument) {
            return make_refused(*start, error.message());
        }
    }
    work.tried.push_back(start->origin() + "/robots.txt");
    const bool found =
        work.read_sitemaps(*start, robots ? robots->sitemaps() : std::vector<std::string>());
    SiteAnalysis result;
    result.base_url = start->text();
    result.llms_txt = work.get(start->origin() + "/llms.txt").has_value();
    if (!found) {
        read_links(work, *start, options.renderer);
    }
    result.method = found ? "sitemap" : work.urls.empty() ? "not_found" : "links";
    count(result, work.urls, request.include_url_lists ? request.max_urls_per_pattern : 0);
    result.notes = notes_of(result, work);
    if (robots && result.method != "not_found") {
        // Half of what is left, so that a slow site costs the caller less than was allowed.
        work.context.deadline = std::chrono::steady_clock::now() + work.context.time_left(time) / 2;
        result.data_quality =
            read_sample(client, work.context, options, *robots, choose_sample(*start, result));
    }
    return result;
}

}  // namespace rag::crawl
