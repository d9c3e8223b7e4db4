#pragma once

#include "rag/context.hpp"
#include "rag/crawl_frontier.hpp"
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
    /// What the frontier holds. The crawl goes on from the pages of the present session; those of
    /// earlier ones are asked for with their validators.
    std::vector<FrontierPage> known;
    /// The pages of earlier sessions were found with these same bounds, so that the links of a page
    /// that did not change are those that are known.
    bool links_hold = false;
    /// Ask in the end for pages with a document that no link led to.
    bool ask_for_unlinked = false;
};

/// A page that was fetched, as the text that is to be stored.
struct Page {
    std::string url;                         ///< After redirects, normalised.
    std::string title;                       ///< Empty when it has none.
    std::string markdown;                    ///< The main content.
    Metadata metadata = Metadata::object();  ///< Of the page itself; who crawls adds the session's.
    std::int64_t depth = 0;
    std::optional<std::string> parent_url;
};

struct FailedPage {
    std::string url;
    int status = 0;  ///< 0 when there was no answer.
    std::string error;
};

enum class Rendering {
    none,     ///< The page says what it has to say without its scripts.
    done,     ///< The page is what its scripts made of it.
    missing,  ///< The page needs its scripts, and there is no browser to run them.
};

/// What became of one URL.
struct Visit {
    FrontierPage settled;            ///< Never waiting. Its document is the one known before.
    std::optional<Page> page;        ///< Only for what is done and may have changed.
    std::vector<FrontierPage> also;  ///< Further rows: what was found, what stands for another.
    std::int64_t queued = 0;         ///< Still waiting after this one.
    std::int64_t bytes = 0;          ///< Received for it.
    Rendering rendering = Rendering::none;
};

/// The pages of a site, one after the other. Used by one thread.
class PageSource {
public:
    virtual ~PageSource() = default;

    /// What became of the next URL, or null at the end. Whoever asks for the next one has written
    /// this one down. An Error means that the whole crawl cannot go on (robots.txt unreachable,
    /// cancelled).
    virtual std::optional<Visit> next(const CallContext& context) = 0;
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

/// What a few pages of a site say for machines.
struct DataQuality {
    std::int64_t pages_read = 0;
    /// How many of them use a form ("json_ld", "microdata", "open_graph", "specifications"), are of
    /// a type ("product", ...), and have a field ("price", "brand", ...).
    std::map<std::string, std::int64_t> forms;
    std::map<std::string, std::int64_t> page_types;
    std::map<std::string, std::int64_t> fields;
};

struct SiteAnalysis {
    std::string base_url;
    std::string method;  ///< "sitemap", "links" or "not_found"
    std::int64_t total_urls = 0;
    std::vector<std::string> domains;
    std::vector<std::pair<std::string, UrlPattern>> patterns;  ///< By count, descending.
    std::string notes;
    bool llms_txt = false;
    DataQuality data_quality;
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
