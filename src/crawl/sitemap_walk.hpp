#pragma once

#include "base/url.hpp"
#include "crawl/sitemap.hpp"
#include "rag/http_client.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace rag::crawl {

/// Takes a page of a sitemap: its normalised URL and its lastmod as written. A page may come more
/// than once.
using TakeSitemapPage = std::function<void(const std::string& url, const std::string& lastmod)>;

/// Reads a site's sitemaps, through their indexes, a few at a time, so that no more of them is held
/// in memory than that. Used by one thread; fetches with several.
class SitemapWalk final {
public:
    /// Until the context's deadline. All must outlive this.
    SitemapWalk(HttpClient& client, const CallContext& context, TakeSitemapPage take)
        : client_(client), context_(context), take_(std::move(take)) {}

    /// Whether one of these is a sitemap. An index is followed two levels down. Never throws for a
    /// site's faults; throws what the stop of the caller throws.
    bool read(std::vector<std::string> urls);

    const std::vector<std::string>& tried() const { return tried_; }
    /// False when a limit of time or number cut the work short.
    bool is_complete() const { return complete_; }

private:
    std::vector<std::string> read_level(const std::vector<std::string>& urls, bool& found);
    std::vector<std::string> take_new(const std::vector<std::string>& urls);
    void take(const Sitemap& sitemap, std::vector<std::string>& next);
    std::vector<Sitemap> fetch(const std::vector<std::string>& urls);

    HttpClient& client_;
    const CallContext& context_;
    const TakeSitemapPage take_;
    std::size_t pages_ = 0;  ///< Taken.
    std::vector<std::string> tried_;
    bool complete_ = true;
};

}  // namespace rag::crawl
