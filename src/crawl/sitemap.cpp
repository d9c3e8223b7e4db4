#include "crawl/sitemap.hpp"

#include "base/utf8.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace rag::crawl {
namespace {

/// What comes out of gzip, at most sitemap_bytes_max; what was read until an error.
std::string unzipped(std::string_view bytes) {
    z_stream stream{};
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) {
        return {};
    }
    // zlib reads through a pointer to non-const, and never writes there.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string out;
    std::array<char, 16 * 1024> step{};
    int result = Z_OK;
    while (result == Z_OK && out.size() < sitemap_bytes_max) {
        stream.next_out = reinterpret_cast<Bytef*>(step.data());
        stream.avail_out = static_cast<uInt>(step.size());
        result = inflate(&stream, Z_NO_FLUSH);
        out.append(step.data(), step.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    return out;
}

std::string plain(std::string_view text) {
    constexpr std::string_view opening = "<![CDATA[";
    text = trim(text);
    if (text.starts_with(opening)) {
        text.remove_prefix(opening.size());
        return std::string(trim(text.substr(0, text.find("]]>"))));
    }
    constexpr std::array<std::pair<std::string_view, char>, 5> entities{
        {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
    std::string out;
    while (!text.empty()) {
        const auto entity = std::find_if(entities.begin(), entities.end(), [&](const auto& known) {
            return text.starts_with(known.first);
        });
        out.push_back(entity == entities.end() ? text.front() : entity->second);
        text.remove_prefix(entity == entities.end() ? 1 : entity->first.size());
    }
    return out;
}

}  // namespace

Sitemap read_sitemap(std::string_view bytes) {
    std::string out;
    if (bytes.starts_with("\x1F\x8B")) {
        out = unzipped(bytes);
        bytes = out;
    }
    Sitemap sitemap;
    sitemap.is_index = bytes.find("<sitemapindex") != std::string_view::npos;
    sitemap.is_sitemap = sitemap.is_index || bytes.find("<urlset") != std::string_view::npos;
    constexpr std::string_view opening = "<loc>";
    std::size_t at = sitemap.is_sitemap ? bytes.find(opening) : std::string_view::npos;
    while (at != std::string_view::npos && sitemap.urls.size() < sitemap_urls_max) {
        const std::size_t end = bytes.find("</loc>", at);
        if (end == std::string_view::npos) {
            break;
        }
        at += opening.size();
        sitemap.urls.push_back(plain(bytes.substr(at, end - at)));
        at = bytes.find(opening, end);
    }
    return sitemap;
}

}  // namespace rag::crawl
