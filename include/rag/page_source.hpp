#pragma once

#include "rag/context.hpp"
#include "rag/document.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rag {

enum class RenderMode { automatic, never, always };

/// What to fetch of a site.
struct CrawlRequest {
    std::string url;  ///< Absolute, http or https, as the caller wrote it.
    bool follow_links = false;
    std::int64_t max_depth = 1;                 ///< 0 to 3.
    std::int64_t max_pages = 50;                ///< 1 to 10 000.
    std::vector<std::string> include_patterns;  ///< Globs on the path.
    std::vector<std::string> exclude_patterns;
    RenderMode render = RenderMode::automatic;
    /// What is known of pages from an earlier crawl: URL to validator, for conditional requests.
    std::map<std::string, std::string> etags;
};

/// A page that was fetched, as the text that is to be stored.
struct Page {
    std::string url;       ///< After redirects, normalised.
    std::string title;     ///< Empty when it has none.
    std::string markdown;  ///< The main content.
    Metadata metadata =
        Metadata::object();  ///< As CONTRACT.md's ingest_url lists, without session.
    std::int64_t depth = 0;
    std::optional<std::string> parent_url;
    bool unchanged = false;  ///< The server said 304; `markdown` is empty.
};

struct FailedPage {
    std::string url;
    int status = 0;  ///< 0 when there was no answer.
    std::string error;
};

/// The pages of a site, one after the other. Used by one thread.
class PageSource {
public:
    virtual ~PageSource() = default;

    /// The next page, or null at the end. Pages that fail are collected, not thrown; an Error means
    /// that the whole crawl cannot go on (robots.txt unreachable, cancelled).
    virtual std::optional<Page> next(const CallContext& context) = 0;
    virtual const std::vector<FailedPage>& failed() const = 0;
};

struct SiteAnalysisRequest {
    std::string base_url;
    std::int64_t timeout_s = 10;  ///< 1 to 120, for everything.
    bool include_url_lists = false;
    std::int64_t max_urls_per_pattern = 10;  ///< 1 to 1000.
};

struct UrlPattern {
    std::int64_t count = 0;
    double average_depth = 0;               ///< Path segments, one decimal.
    std::vector<std::string> example_urls;  ///< At most 3, shortest path first.
    std::vector<std::string> urls;          ///< At most max_urls_per_pattern.
};

struct SiteAnalysis {
    std::string base_url;
    std::string method;  ///< "sitemap", "links" or "not_found"
    std::int64_t total_urls = 0;
    std::vector<std::string> domains;
    std::vector<std::pair<std::string, UrlPattern>> patterns;  ///< By count, descending.
    std::string notes;
    bool llms_txt = false;
};

/// Opens sites; the one thing that the product knows of the web. Safe for concurrent use.
class Web {
public:
    virtual ~Web() = default;

    /// Throws Error{invalid_argument} for a URL that may not be fetched.
    virtual std::unique_ptr<PageSource> crawl(const CallContext& context,
                                              const CrawlRequest& request) = 0;
    virtual SiteAnalysis analyze(const CallContext& context,
                                 const SiteAnalysisRequest& request) = 0;
};

}  // namespace rag
