#pragma once

#include "base/url.hpp"
#include "crawl/sitemap.hpp"
#include "rag/http_client.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace rag::crawl {

/// Reads a site's sitemaps, through their indexes. Used by one thread; fetches with several.
class SitemapWalk final {
public:
    /// Until the context's deadline. Both must outlive this.
    SitemapWalk(HttpClient& client, const CallContext& context)
        : client_(client), context_(context) {}

    /// Whether one of these is a sitemap. An index is followed two levels down. Never throws for a
    /// site's faults; throws what the stop of the caller throws.
    bool read(std::vector<std::string> urls);

    /// Normalised URL to its lastmod as written.
    const std::map<std::string, std::string>& entries() const { return entries_; }
    const std::vector<std::string>& tried() const { return tried_; }
    /// False when a limit of time or number cut the work short.
    bool is_complete() const { return complete_; }

private:
    std::vector<std::string> read_level(const std::vector<std::string>& urls, bool& found);
    std::vector<Sitemap> fetch(const std::vector<std::string>& urls);

    HttpClient& client_;
    const CallContext& context_;
    std::map<std::string, std::string> entries_;
    std::vector<std::string> tried_;
    bool complete_ = true;
};

}  // namespace rag::crawl
