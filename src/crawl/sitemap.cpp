#include "crawl/sitemap.hpp"

#include "base/time_text.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>

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
    constexpr std::array<std::pair<std::string_view, char>, 8> entities{{{"&amp;", '&'},
                                                                         {"&lt;", '<'},
                                                                         {"&gt;", '>'},
                                                                         {"&quot;", '"'},
                                                                         {"&apos;", '\''},
                                                                         {"&#38;", '&'},
                                                                         {"&#x26;", '&'},
                                                                         {"&#39;", '\''}}};
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

/// The text of the first such element, empty without one.
std::string element_in(std::string_view text, std::string_view opening, std::string_view closing) {
    const std::size_t begin = text.find(opening);
    const std::size_t end =
        begin == std::string_view::npos ? begin : text.find(closing, begin + opening.size());
    return end == std::string_view::npos
               ? std::string()
               : plain(text.substr(begin + opening.size(), end - begin - opening.size()));
}

/// One URL a line and nothing else.
Sitemap read_lines(std::string_view bytes) {
    Sitemap sitemap;
    while (!bytes.empty() && sitemap.entries.size() < sitemap_urls_max) {
        const std::size_t end = std::min(bytes.find('\n'), bytes.size());
        const std::string_view line = trim(bytes.substr(0, end));
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        if (line.empty()) {
            continue;
        }
        if (!line.starts_with("http") || !parse_url(line)) {
            return {};
        }
        sitemap.entries.push_back({std::string(line), ""});
    }
    sitemap.is_sitemap = !sitemap.entries.empty();
    return sitemap;
}

std::optional<int> two_digits(std::string_view text) {
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return text.size() == 2 && read.ec == std::errc() && read.ptr == text.data() + 2
               ? std::optional(value)
               : std::nullopt;
}

}  // namespace

Sitemap read_sitemap(std::string_view bytes) {
    std::string out;
    if (bytes.starts_with("\x1F\x8B")) {
        out = unzipped(bytes);
        bytes = out;
    }
    if (bytes.starts_with("http")) {
        return read_lines(bytes);
    }
    Sitemap sitemap;
    sitemap.is_index = bytes.find("<sitemapindex") != std::string_view::npos;
    sitemap.is_sitemap = sitemap.is_index || bytes.find("<urlset") != std::string_view::npos;
    const std::string_view closing = sitemap.is_index ? "</sitemap>" : "</url>";
    std::size_t at = sitemap.is_sitemap ? 0 : std::string_view::npos;
    while (at < bytes.size() && sitemap.entries.size() < sitemap_urls_max) {
        const std::size_t end = bytes.find(closing, at);
        if (end == std::string_view::npos) {
            break;
        }
        const std::string_view entry = bytes.substr(at, end - at);
        std::string url = element_in(entry, "<loc>", "</loc>");
        if (!url.empty()) {
            sitemap.entries.push_back(
                {std::move(url), element_in(entry, "<lastmod>", "</lastmod>")});
        }
        at = end + closing.size();
    }
    return sitemap;
}

std::optional<Timestamp> end_of_lastmod(std::string_view lastmod) {
    lastmod = trim(lastmod);
    constexpr std::size_t day_bytes = 10;
    if (lastmod.size() == day_bytes) {
        return from_iso8601(std::string(lastmod) + "T23:59:59.999Z");
    }
    if (lastmod.ends_with('Z')) {
        return from_iso8601(lastmod);
    }
    constexpr std::size_t zone_bytes = 6;
    if (lastmod.size() <= day_bytes + zone_bytes) {
        return std::nullopt;
    }
    const std::string_view zone = lastmod.substr(lastmod.size() - zone_bytes);
    const auto hours = two_digits(zone.substr(1, 2));
    const auto minutes = two_digits(zone.substr(4, 2));
    const bool ahead = zone.front() == '+';
    if ((!ahead && zone.front() != '-') || zone[3] != ':' || !hours || !minutes) {
        return std::nullopt;
    }
    const auto local =
        from_iso8601(std::string(lastmod.substr(0, lastmod.size() - zone_bytes)) + 'Z');
    const std::chrono::milliseconds offset =
        std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return local ? std::optional(ahead ? *local - offset : *local + offset) : std::nullopt;
}

}  // namespace rag::crawl
