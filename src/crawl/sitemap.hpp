#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rag::crawl {

constexpr std::size_t sitemap_urls_max = 50'000;
constexpr std::size_t sitemap_bytes_max = 50 * 1024 * 1024;

struct Sitemap {
    bool is_index = false;          ///< `urls` are further sitemaps.
    bool is_sitemap = false;        ///< False for a text that is none; then `urls` is empty.
    std::vector<std::string> urls;  ///< As written, at most sitemap_urls_max.
};

/// Reads the text of every <loc> (sitemaps.org 0.9) without an XML parser: document types and
/// entities beyond the five of XML are never expanded. `bytes` may be gzip.
Sitemap read_sitemap(std::string_view bytes);

}  // namespace rag::crawl
