#include "crawl/site.hpp"

#include "base/version.hpp"
#include "rag/error.hpp"
#include "text/html.hpp"

#include <algorithm>
#include <utility>

namespace rag::crawl {
namespace {

constexpr std::size_t waiting_max = 50'000;
constexpr std::chrono::seconds robots_time{25};

std::string media_type(const HttpResponse& response) {
    const std::string_view written = response.header("content-type");
    std::string type(written.substr(0, written.find(';')));
    while (!type.empty() && type.back() == ' ') {
        type.pop_back();
    }
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return type;
}

bool has_word(std::string_view text, std::string_view word) {
    return text.find(word) != std::string_view::npos;
}

}  // namespace

Robots fetch_robots(HttpClient& client, const CallContext& context, const Url& url,
                    const std::string& product, std::chrono::milliseconds timeout) {
    HttpRequest request;
    request.url = url.origin() + "/robots.txt";
    request.body_bytes_max = robots_bytes_max;
    request.timeout = timeout;
    HttpResponse response;
    try {
        response = client.send(context, request);
    } catch (const Error& error) {
        context.check();
        if (error.code() == ErrorCode::invalid_argument) {
            throw;
        }
        throw Error(ErrorCode::unavailable,
                    "robots.txt of " + url.authority() + " cannot be fetched: " + error.message());
    }
    if (response.status >= 500) {
        throw Error(ErrorCode::unavailable,
                    "robots.txt of " + url.authority() + " answers with status " +
                        std::to_string(response.status) +
                        ", so nothing there may be fetched now; try again later.");
    }
    return response.status == 200 ? Robots(response.body, product) : Robots();
}

Site::Site(HttpClient& client, CrawlOptions options, const CrawlRequest& request, Url root)
    : client_(client),
      options_(std::move(options)),
      request_(request),
      scope_{root, request.include_patterns, request.exclude_patterns} {
    seen_.insert(root.text());
    waiting_.push_back({std::move(root), 0, std::nullopt});
}

std::optional<Page> Site::next(const CallContext& context) {
    while (!waiting_.empty() && asked_ < request_.max_pages) {
        context.check();
        const Waiting waiting = std::move(waiting_.front());
        waiting_.pop_front();
        if (auto page = visit(context, waiting)) {
            return page;
        }
    }
    return std::nullopt;
}

const Robots& Site::robots_of(const CallContext& context, const Url& url) {
    const auto known = robots_.find(url.origin());
    if (known != robots_.end()) {
        return known->second;
    }
    return robots_
        .emplace(url.origin(), fetch_robots(client_, context, url, options_.product, robots_time))
        .first->second;
}

std::optional<Page> Site::visit(const CallContext& context, const Waiting& waiting) {
    const Robots& robots = robots_of(context, waiting.url);
    if (!robots.allows(waiting.url.target())) {
        fail(waiting, 0, "robots.txt of " + waiting.url.authority() + " forbids this page.");
        return std::nullopt;
    }
    if (asked_++ > 0) {
        options_.pause(context, robots.crawl_delay().value_or(options_.delay));
    }
    HttpRequest request;
    request.url = waiting.url.text();
    request.headers = {{"Accept", "text/html, text/markdown, text/plain;q=0.9, */*;q=0.1"}};
    if (const auto etag = request_.etags.find(request.url); etag != request_.etags.end()) {
        request.headers.emplace_back("If-None-Match", etag->second);
    }
    try {
        const HttpResponse response = client_.send(context, request);
        return read(waiting, response);
    } catch (const Error& error) {
        context.check();
        fail(waiting, 0, error.message());
        return std::nullopt;
    }
}

std::optional<Page> Site::read(const Waiting& waiting, const HttpResponse& response) {
    Page page = described(waiting, response);
    const auto url = parse_url(page.url);
    if (response.status == 304) {
        page.unchanged = true;
        delivered_.insert(page.url);
        return page;
    }
    if (response.status < 200 || response.status > 299) {
        fail(waiting, response.status,
             "The server answered with status " + std::to_string(response.status) + '.');
        return std::nullopt;
    }
    const bool left = url && waiting.depth > 0 && !scope_.takes(*url);
    if (!url || left || !delivered_.insert(page.url).second) {
        return std::nullopt;
    }
    const std::string type = media_type(response);
    const bool html = type.empty() || type == "text/html" || type == "application/xhtml+xml";
    if (!html && !type.starts_with("text/")) {
        fail(waiting, response.status,
             "The page is of type " + type + "; pages of HTML, Markdown and plain text are read.");
        return std::nullopt;
    }
    if (!html) {
        auto text = text::extract_text(response.body, {url->path, type});
        page.markdown = std::move(text.text);
        page.title = std::move(text.title);
        page.metadata["title"] = page.title;
        return page;
    }
    text::HtmlPage read = text::read_html(response.body, response.header("content-type"), {*url});
    const std::string orders = read.robots + ' ' + std::string(response.header("x-robots-tag"));
    const bool nowhere = has_word(orders, "none");
    if (request_.follow_links && waiting.depth < request_.max_depth && !nowhere &&
        !has_word(orders, "nofollow")) {
        const Url base = resolve_url(*url, read.base_href).value_or(*url);
        for (const text::HtmlLink& link : read.links) {
            if (!has_word(link.rel, "nofollow")) {
                add_links({*url, waiting.depth, std::nullopt}, base, link.href);
            }
        }
    }
    if (nowhere || has_word(orders, "noindex")) {
        fail(waiting, response.status, "The page asks not to be indexed (noindex).");
        return std::nullopt;
    }
    page.markdown = std::move(read.extracted.text);
    page.title = std::move(read.extracted.title);
    page.metadata["title"] = page.title;
    page.metadata["description"] = read.description;
    page.metadata["language"] = read.language;
    return page;
}

Page Site::described(const Waiting& waiting, const HttpResponse& response) const {
    Page page;
    const auto url = parse_url(response.url);
    page.url = url ? url->text() : waiting.url.text();
    page.depth = waiting.depth;
    page.parent_url = waiting.parent;
    page.metadata = {{"source", page.url},
                     {"content_type", "web_page"},
                     {"crawl_root_url", scope_.root.text()},
                     {"crawl_depth", waiting.depth},
                     {"title", ""},
                     {"description", ""},
                     {"domain", url ? url->host : waiting.url.host},
                     {"language", ""},
                     {"status_code", response.status},
                     {"content_length", response.body.size()},
                     {"crawler_version", version}};
    if (waiting.parent) {
        page.metadata["parent_url"] = *waiting.parent;
    }
    if (const auto etag = response.header("etag"); !etag.empty()) {
        page.metadata["etag"] = etag;
    }
    return page;
}

void Site::add_links(const Waiting& waiting, const Url& base, const std::string& href) {
    const auto url = resolve_url(base, href);
    if (!url || !scope_.takes(*url) || waiting_.size() >= waiting_max ||
        !seen_.insert(url->text()).second) {
        return;
    }
    waiting_.push_back({*url, waiting.depth + 1, waiting.url.text()});
}

void Site::fail(const Waiting& waiting, int status, const std::string& sentence) {
    failed_.push_back({waiting.url.text(), status, sentence});
}

}  // namespace rag::crawl
