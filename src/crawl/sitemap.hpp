#pragma once

#include "rag/clock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::crawl {

constexpr std::size_t sitemap_urls_max = 50'000;
constexpr std::size_t sitemap_bytes_max = 50 * 1024 * 1024;

struct SitemapEntry {
    std::string url;      ///< As written.
    std::string lastmod;  ///< As written; empty without one.
};

struct Sitemap {
    bool is_index = false;              ///< `entries` are further sitemaps.
    bool is_sitemap = false;            ///< False for a text that is none; then `entries` is empty.
    std::vector<SitemapEntry> entries;  ///< At most sitemap_urls_max.
};

/// Reads the <loc> and <lastmod> of every entry (sitemaps.org 0.9) without an XML parser: document
/// types and entities beyond those of XML itself are never expanded. `bytes` may be gzip. A text
/// of nothing but URLs, one a line, is a sitemap too.
Sitemap read_sitemap(std::string_view bytes);

/// The last moment that a <lastmod> (W3C date and time: a day, or a time with its zone) may mean;
/// null for what is none.
std::optional<Timestamp> end_of_lastmod(std::string_view lastmod);

}  // namespace rag::crawl
