#include "crawl/site.hpp"

#include "base/version.hpp"
#include "crawl/sitemap_walk.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rag::crawl {
namespace {

constexpr int redirects_max = 5;
constexpr std::chrono::seconds sitemap_time{30};
/// Fewer pages are asked for faster than a sitemap is read.
constexpr std::int64_t documents_for_sitemap_min = 10;
/// The site's clock and ours differ.
constexpr std::chrono::minutes clock_difference{1};

void fail(Visit& visit, FrontierState state, int status, std::string sentence) {
    visit.settled.state = state;
    visit.settled.status = status;
    visit.settled.error = std::move(sentence);
}

bool is_redirect(const HttpResponse& response) {
    const int status = response.status;
    return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
           !response.header("location").empty();
}

/// The pages live in the frontier.
CrawlRequest without_pages(CrawlRequest request) {
    request.known.clear();
    request.known.shrink_to_fit();
    return request;
}

bool ends_the_crawl(const Error& error) {
    return error.code() == ErrorCode::cancelled;
}

}  // namespace

Site::Site(HttpClient& client, CrawlOptions options, const CrawlRequest& request, Url root)
    : client_(client),
      options_(std::move(options)),
      request_(without_pages(request)),
      root_(std::move(root)),
      fetcher_(client_, options_, root_),
      frontier_(request.known),
      scope_{root_, request.include_patterns, request.exclude_patterns},
      visited_(frontier_.settled_before()) {}

std::optional<Visit> Site::next(const CallContext& context) {
    context.check();
    if (!begun_) {
        begin(context);
    }
    if (bytes_ >= options_.bytes_max || options_.clock->steady_now() >= over_at_) {
        return std::nullopt;
    }
    std::optional<FrontierPage> page;
    Links links = Links::follow;
    if (is_within_bounds()) {
        page = frontier_.take();
    }
    if (!page && request_.ask_for_unlinked) {
        page = frontier_.take_unlinked();
        links = Links::ignore;
    }
    if (!page) {
        return std::nullopt;
    }
    if (!request_.follow_links || page->depth >= request_.max_depth) {
        links = Links::ignore;
    }
    Visit result = visit(context, *std::move(page), links);
    visited_ += counts_as_visit(result.settled) ? 1 : 0;
    bytes_ += result.bytes;
    result.queued = frontier_.waiting();
    return result;
}

void Site::begin(const CallContext& context) {
    over_at_ = options_.clock->steady_now() + options_.time_max;
    Url start = root_;
    if (const auto known = frontier_.start()) {
        start = parse_url(*known).value_or(root_);
    }
    if (!scope_.is_same_site(start)) {
        scope_.root = start;
    }
    if (frontier_.settled_before() == 0 && !frontier_.start()) {
        frontier_.add(root_, 0, std::nullopt);
    }
    try {
        read_lastmods(context, fetcher_.robots_of(context, root_));
    } catch (const Error& error) {
        // What may not be fetched at all is said of the page itself.
        if (error.code() != ErrorCode::invalid_argument) {
            throw;
        }
    }
    begun_ = true;
}

bool Site::is_within_bounds() const {
    return visited_ < request_.max_pages;
}

/// What the sitemaps say of pages that are known already; nothing where that takes too long.
void Site::read_lastmods(const CallContext& context, const Robots& robots) {
    if (!request_.follow_links || !request_.links_hold ||
        frontier_.documents() < documents_for_sitemap_min) {
        return;
    }
    CallContext own = context;
    own.deadline = std::min(context.deadline, std::chrono::steady_clock::now() + sitemap_time);
    SitemapWalk walk(client_, own);
    if (!walk.read(robots.sitemaps())) {
        walk.read({root_.origin() + "/sitemap.xml"});
    }
    for (const auto& [url, lastmod] : walk.entries()) {
        if (const auto time = end_of_lastmod(lastmod)) {
            lastmods_.emplace(url, *time);
        }
    }
}

Visit Site::visit(const CallContext& context, FrontierPage page, Links links) {
    Visit visit;
    visit.settled = std::move(page);
    visit.settled.status = 0;
    visit.settled.error.clear();
    const auto url = parse_url(visit.settled.url);
    if (!url) {
        fail(visit, FrontierState::failed, 0, "This is no URL that can be fetched.");
        return visit;
    }
    try {
        if (!fetcher_.robots_of(context, *url).allows(url->target())) {
            fail(visit, FrontierState::forbidden, 0,
                 "robots.txt of " + url->authority() + " forbids this page.");
            return visit;
        }
        if (is_unchanged_by_sitemap(visit.settled)) {
            visit.settled.state = FrontierState::done;
            add_known_links(links, visit);
            return visit;
        }
        HttpHeaders headers{{"Accept", "text/html, text/markdown, text/plain;q=0.9, */*;q=0.1"}};
        if (may_ask_conditionally(visit.settled, links)) {
            if (!visit.settled.etag.empty()) {
                headers.emplace_back("If-None-Match", visit.settled.etag);
            }
            if (!visit.settled.last_modified.empty()) {
                headers.emplace_back("If-Modified-Since", visit.settled.last_modified);
            }
        }
        const HttpResponse response = fetcher_.get(context, *url, headers);
        visit.bytes = static_cast<std::int64_t>(response.body.size());
        take_answer(response, *url, links, visit);
    } catch (const Error& error) {
        context.check();
        if (ends_the_crawl(error)) {
            throw;
        }
        fail(visit, FrontierState::failed, 0, error.message());
    }
    return visit;
}

/// The page that the crawl begins at is always asked for, so that a dead site is noticed.
bool Site::is_unchanged_by_sitemap(const FrontierPage& page) const {
    const auto lastmod = lastmods_.find(page.url);
    return page.depth > 0 && page.document != 0 && !frontier_.is_shared(page.document) &&
           lastmod != lastmods_.end() && lastmod->second + clock_difference < page.checked_at;
}

bool Site::may_ask_conditionally(const FrontierPage& page, Links links) const {
    return page.document != 0 && !frontier_.is_shared(page.document) &&
           (links == Links::ignore || request_.links_hold);
}

void Site::take_answer(const HttpResponse& response, const Url& url, Links links, Visit& visit) {
    FrontierPage& settled = visit.settled;
    settled.status = response.status;
    if (response.status == 304 && settled.document != 0) {
        settled.state = FrontierState::done;
        settled.checked_at = now();
        add_known_links(links, visit);
        return;
    }
    if (is_redirect(response)) {
        follow_redirect(response, url, visit);
        return;
    }
    if (response.status < 200 || response.status > 299) {
        const bool gone = response.status == 404 || response.status == 410;
        fail(visit, gone ? FrontierState::gone : FrontierState::failed, response.status,
             "The server answered with status " + std::to_string(response.status) + '.');
        return;
    }
    if (response.truncated) {
        fail(visit, FrontierState::failed, response.status,
             "The page is larger than what is read of one page.");
        return;
    }
    take_page(response, url, links, visit);
}

void Site::follow_redirect(const HttpResponse& response, const Url& url, Visit& visit) {
    const int hops = redirects_[visit.settled.url] + 1;
    const auto target = resolve_url(url, response.header("location"));
    if (!target || hops > redirects_max) {
        fail(visit, FrontierState::failed, response.status,
             target ? "The page redirects more than 5 times."
                    : "The page redirects to something that is no http or https address.");
        return;
    }
    const bool first = visit.settled.depth == 0;
    if (!first && !scope_.takes(*target)) {
        fail(visit, FrontierState::failed, response.status,
             "The page redirects to " + target->text() + ", which is not part of this crawl.");
        return;
    }
    if (first && !scope_.is_same_site(*target)) {
        scope_.root = *target;
    }
    visit.settled.state = FrontierState::moved;
    visit.settled.error = target->text();
    if (auto row = frontier_.add(*target, visit.settled.depth, visit.settled.parent)) {
        redirects_[row->url] = hops;
        visit.also.push_back(*std::move(row));
    }
}

void Site::take_page(const HttpResponse& response, const Url& url, Links links, Visit& visit) {
    FrontierPage& settled = visit.settled;
    ReadPage read = read_page(response, url, options_.product);
    if (!read.refusal.empty()) {
        fail(visit, FrontierState::failed, response.status, std::move(read.refusal));
        return;
    }
    if (read.may_index) {
        settled.state = FrontierState::done;
        settled.checked_at = now();
        settled.etag = response.header("etag");
        settled.last_modified = response.header("last-modified");
        use_canonical(url, read.canonical, visit);
    } else {
        fail(visit, FrontierState::failed, response.status,
             "The page asks not to be indexed (noindex).");
    }
    if (links == Links::follow) {
        for (const Url& link : read.links) {
            const Url target = without_visitor_marks(link);
            if (!scope_.takes(target)) {
                continue;
            }
            if (auto row = frontier_.add(target, settled.depth + 1, settled.url)) {
                visit.also.push_back(*std::move(row));
            }
        }
    }
    if (read.may_index) {
        visit.page = make_page(response, std::move(read), settled);
    }
}

/// A page that says that it is a copy of another one, which nothing else has led to, is taken for
/// that one. A start page is no likely original: many sites name it everywhere by mistake.
void Site::use_canonical(const Url& url, const std::optional<Url>& canonical, Visit& visit) {
    if (!canonical || *canonical == url || visit.settled.depth == 0 || canonical->path == "/" ||
        !scope_.takes(*canonical)) {
        return;
    }
    auto original = frontier_.claim(*canonical, visit.settled);
    if (!original) {
        return;
    }
    FrontierPage copy = visit.settled;
    copy.state = FrontierState::moved;
    copy.error = original->url;
    copy.etag.clear();
    copy.last_modified.clear();
    original->state = FrontierState::done;
    original->status = visit.settled.status;
    original->error.clear();
    original->checked_at = visit.settled.checked_at;
    visit.settled = *std::move(original);
    visit.also.push_back(std::move(copy));
}

void Site::add_known_links(Links links, Visit& visit) {
    if (links == Links::ignore) {
        return;
    }
    for (const FrontierPage& page : frontier_.links_of_earlier(visit.settled.url)) {
        const auto url = parse_url(page.url);
        const bool copy = page.state == FrontierState::moved && page.status == 200;
        if (!url || copy || !scope_.takes(*url)) {
            continue;
        }
        if (auto row = frontier_.add(*url, visit.settled.depth + 1, visit.settled.url)) {
            visit.also.push_back(*std::move(row));
        }
    }
}

Page Site::make_page(const HttpResponse& response, ReadPage&& read,
                     const FrontierPage& settled) const {
    const Url url = parse_url(settled.url).value_or(root_);
    Page page;
    page.url = settled.url;
    page.title = read.title;
    page.markdown = std::move(read.markdown);
    page.depth = settled.depth;
    page.parent_url = settled.parent;
    page.metadata = {{"source", page.url},
                     {"content_type", "web_page"},
                     {"crawl_root_url", root_.text()},
                     {"crawl_depth", settled.depth},
                     {"title", page.title},
                     {"description", ""},
                     {"domain", url.host},
                     {"language", ""},
                     {"status_code", response.status},
                     {"content_length", response.body.size()},
                     {"crawler_version", version}};
    if (settled.parent) {
        page.metadata["parent_url"] = *settled.parent;
    }
    page.metadata.update(read.metadata);
    return page;
}

}  // namespace rag::crawl
