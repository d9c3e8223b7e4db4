#include "crawl/site.hpp"

#include "base/log.hpp"
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
      reader_(options_, request_, fetcher_),
      ahead_(fetcher_, options_.fetches_at_once),
      frontier_(request.known),
      scope_{root_, request.include_patterns, request.exclude_patterns},
      visited_(frontier_.settled_before()) {}

std::optional<Visit> Site::next(const CallContext& context) {
    context.check();
    if (!begun_) {
        begin(context);
    }
    take_ahead(context);
    if (coming_.empty()) {
        if (is_over()) {
            log::warn("the crawl of {} ended at its limit of bytes or time with {} pages waiting",
                      root_.text(), frontier_.waiting());
        }
        return std::nullopt;
    }
    Coming coming = std::move(coming_.front());
    coming_.pop_front();
    Visit result = finish(context, std::move(coming));
    visited_ += counts_as_visit(result.settled) ? 1 : 0;
    bytes_ += result.bytes;
    result.queued = frontier_.waiting() + static_cast<std::int64_t>(coming_.size());
    return result;
}

/// Takes and asks for what may be on its way at once. After a limit only what is on its way already
/// is visited.
void Site::take_ahead(const CallContext& context) {
    while (coming_.size() < std::max<std::size_t>(options_.fetches_at_once, 1) && !is_over()) {
        auto coming = take();
        if (!coming) {
            return;
        }
        ask(context, *coming);
        coming_.push_back(*std::move(coming));
    }
}

/// The page that would be next whatever those on their way lead to: each of them may count as a
/// visit, and may lead to further pages of its own depth or deeper.
std::optional<Site::Coming> Site::take() {
    Coming coming;
    const auto on_their_way = static_cast<std::int64_t>(coming_.size());
    std::optional<FrontierPage> page;
    // Of what was fetched and not visited yet a killed crawl knows nothing, so that there must not
    // be much of it.
    if (visited_ + on_their_way < request_.max_pages && frontier_.waiting() > 0) {
        const auto url = parse_url(frontier_.next_url());
        if (!coming_.empty() && (coming_.back().unlinked ||
                                 coming_.back().visit.settled.depth != frontier_.next_depth() ||
                                 (url && is_full(url->authority())))) {
            return std::nullopt;
        }
        page = frontier_.take();
    } else if (request_.ask_for_unlinked &&
               (coming_.empty() ||
                (coming_.back().unlinked && !is_full(coming_.back().url.authority())))) {
        page = frontier_.take_unlinked();
        coming.unlinked = true;
    }
    if (!page) {
        return std::nullopt;
    }
    if (coming.unlinked || !request_.follow_links || page->depth >= request_.max_depth) {
        coming.links = Links::ignore;
    }
    coming.visit.settled = *std::move(page);
    return coming;
}

/// Whether as many pages of the host are on their way as may be.
bool Site::is_full(const std::string& authority) const {
    std::size_t count = 0;
    for (const Coming& coming : coming_) {
        const bool asked = coming.answer.valid() && coming.url.authority() == authority;
        count += asked ? 1 : 0;
        if (asked && count >= coming.at_once) {
            return true;
        }
    }
    return false;
}

bool Site::is_over() const {
    return bytes_ >= options_.bytes_max || options_.clock->steady_now() >= over_at_;
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

/// What the sitemaps say of pages that are known already; nothing where that takes too long.
void Site::read_lastmods(const CallContext& context, const Robots& robots) {
    if (!request_.follow_links || !request_.links_hold ||
        frontier_.documents() < documents_for_sitemap_min) {
        return;
    }
    CallContext own = context;
    own.deadline = std::min(context.deadline, std::chrono::steady_clock::now() + sitemap_time);
    SitemapWalk walk(client_, own, [this](const std::string& url, const std::string& lastmod) {
        const auto time = frontier_.has_document(url) ? end_of_lastmod(lastmod) : std::nullopt;
        if (time) {
            lastmods_.insert_or_assign(url, *time);
        }
    });
    if (!walk.read(robots.sitemaps())) {
        walk.read({root_.origin() + "/sitemap.xml"});
    }
}

/// Settles the page where nothing has to be asked for, else asks.
void Site::ask(const CallContext& context, Coming& coming) {
    Visit& visit = coming.visit;
    visit.settled.status = 0;
    visit.settled.error.clear();
    const auto url = parse_url(visit.settled.url);
    if (!url) {
        fail(visit, FrontierState::failed, 0, "This is no URL that can be fetched.");
        return;
    }
    coming.url = *url;
    try {
        const Robots& robots = fetcher_.robots_of(context, *url);
        if (!robots.allows(url->target())) {
            fail(visit, FrontierState::forbidden, 0,
                 "robots.txt of " + url->authority() + " forbids this page.");
            return;
        }
        if (is_unchanged_by_sitemap(visit.settled)) {
            visit.settled.state = FrontierState::done;
            return;
        }
        HttpHeaders headers{{"Accept", "text/html, text/markdown, text/plain;q=0.9, */*;q=0.1"}};
        if (may_ask_conditionally(visit.settled, coming.links)) {
            if (!visit.settled.etag.empty()) {
                headers.emplace_back("If-None-Match", visit.settled.etag);
            }
            if (!visit.settled.last_modified.empty()) {
                headers.emplace_back("If-Modified-Since", visit.settled.last_modified);
            }
        }
        Ask asked{*url, std::move(headers), robots.crawl_delay()};
        coming.at_once = fetcher_.at_once(asked);
        coming.answer = ahead_.ask(context, std::move(asked));
    } catch (const Error& error) {
        context.check();
        if (ends_the_crawl(error)) {
            throw;
        }
        fail(visit, FrontierState::failed, 0, error.message());
    }
}

/// What the answer leads to, in the order of the frontier.
Visit Site::finish(const CallContext& context, Coming coming) {
    Visit visit = std::move(coming.visit);
    if (!coming.answer.valid()) {
        if (visit.settled.state == FrontierState::done) {
            add_known_links(coming.links, visit);
        }
        return visit;
    }
    try {
        const HttpResponse response = coming.answer.get().take();
        visit.bytes = static_cast<std::int64_t>(response.body.size());
        take_answer(context, response, coming, visit);
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

void Site::take_answer(const CallContext& context, const HttpResponse& response,
                       const Coming& coming, Visit& visit) {
    FrontierPage& settled = visit.settled;
    settled.status = response.status;
    if (response.status == 304 && settled.document != 0) {
        settled.state = FrontierState::done;
        settled.checked_at = now();
        add_known_links(coming.links, visit);
        return;
    }
    if (is_redirect(response)) {
        follow_redirect(response, coming.url, visit);
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
    take_page(context, response, coming, visit);
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

void Site::take_page(const CallContext& context, const HttpResponse& response, const Coming& coming,
                     Visit& visit) {
    FrontierPage& settled = visit.settled;
    ReadPage read = reader_.read(context, response, coming.url, visit);
    if (!read.refusal.empty()) {
        fail(visit, FrontierState::failed, response.status, std::move(read.refusal));
        return;
    }
    if (read.may_index) {
        settled.state = FrontierState::done;
        settled.checked_at = now();
        // They speak of the page as it came, not of what its scripts would fetch.
        const bool is_whole = visit.rendering == Rendering::none;
        settled.etag = is_whole ? response.header("etag") : std::string_view();
        settled.last_modified = is_whole ? response.header("last-modified") : std::string_view();
        use_canonical(coming.url, read.canonical, visit);
        use_twin(context, coming.url, read, visit);
    } else {
        fail(visit, FrontierState::failed, response.status,
             "The page asks not to be indexed (noindex).");
    }
    if (coming.links == Links::follow) {
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

/// Where a page names its own text as Markdown, that is what its author wrote, without what a
/// generator put around it. It belongs to the page then and is none by itself.
void Site::use_twin(const CallContext& context, const Url& url, ReadPage& read, Visit& visit) {
    if (!read.twin || *read.twin == url || read.twin->origin() != url.origin()) {
        return;
    }
    const Robots& robots = fetcher_.robots_of(context, *read.twin);
    auto row = robots.allows(read.twin->target()) ? frontier_.claim(*read.twin, visit.settled)
                                                  : std::nullopt;
    if (!row) {
        return;
    }
    row->state = FrontierState::moved;
    row->status = visit.settled.status;
    row->error = visit.settled.url;
    visit.also.push_back(*std::move(row));
    try {
        const HttpResponse response = fetcher_.get(
            context, {*read.twin, {{"Accept", "text/markdown"}}, robots.crawl_delay()});
        visit.bytes += static_cast<std::int64_t>(response.body.size());
        ReadPage twin = read_page(response, *read.twin, options_.product);
        const bool markdown = response.header("content-type").starts_with("text/markdown") ||
                              response.header("content-type").starts_with("text/plain");
        // One that says much less is a stub, or an apology.
        if (response.status == 200 && markdown && !response.truncated && twin.refusal.empty() &&
            twin.markdown.size() * 2 >= read.markdown.size()) {
            read.markdown = std::move(twin.markdown);
        }
    } catch (const Error&) {
        context.check();
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
