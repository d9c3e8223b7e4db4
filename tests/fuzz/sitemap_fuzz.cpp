#include "crawl/page_reader.hpp"
#include "crawl/sitemap.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const rag::crawl::Sitemap sitemap = rag::crawl::read_sitemap(bytes);
    if (!sitemap.is_sitemap && !sitemap.entries.empty()) {
        std::abort();
    }
    for (const rag::crawl::SitemapEntry& entry : sitemap.entries) {
        rag::crawl::end_of_lastmod(entry.lastmod);
    }
    rag::crawl::end_of_lastmod(bytes);
    rag::crawl::markdown_links(bytes);
    return 0;
}
