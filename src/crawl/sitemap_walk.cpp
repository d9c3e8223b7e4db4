#include "crawl/sitemap_walk.hpp"

#include "rag/error.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace rag::crawl {
namespace {

constexpr int levels_max = 3;
constexpr std::size_t sitemaps_max = 200;
constexpr std::size_t pages_max = 500'000;
constexpr std::size_t fetched_at_once = 4;

}  // namespace

bool SitemapWalk::read(std::vector<std::string> urls) {
    bool found = false;
    for (int level = 1; !urls.empty(); ++level) {
        if (level > levels_max) {
            complete_ = false;
            break;
        }
        urls = read_level(urls, found);
    }
    return found;
}

std::vector<std::string> SitemapWalk::read_level(const std::vector<std::string>& urls,
                                                 bool& found) {
    const std::vector<std::string> fresh = take_new(urls);
    std::vector<std::string> next;
    for (std::size_t begin = 0; begin < fresh.size() && pages_ < pages_max;
         begin += fetched_at_once) {
        const std::size_t end = std::min(begin + fetched_at_once, fresh.size());
        for (const Sitemap& sitemap : fetch({fresh.begin() + static_cast<std::ptrdiff_t>(begin),
                                             fresh.begin() + static_cast<std::ptrdiff_t>(end)})) {
            found = found || sitemap.is_sitemap;
            take(sitemap, next);
        }
    }
    return next;
}

/// Those that were not tried before, now noted as tried.
std::vector<std::string> SitemapWalk::take_new(const std::vector<std::string>& urls) {
    std::vector<std::string> fresh;
    for (const std::string& url : urls) {
        const auto normal = parse_url(url);
        if (!normal || std::find(tried_.begin(), tried_.end(), normal->text()) != tried_.end()) {
            continue;
        }
        if (tried_.size() >= sitemaps_max) {
            complete_ = false;
            break;
        }
        tried_.push_back(normal->text());
        fresh.push_back(normal->text());
    }
    return fresh;
}

void SitemapWalk::take(const Sitemap& sitemap, std::vector<std::string>& next) {
    for (const SitemapEntry& entry : sitemap.entries) {
        const auto url = parse_url(entry.url);
        if (!url) {
            continue;
        }
        const bool full = sitemap.is_index ? next.size() >= sitemaps_max : pages_ >= pages_max;
        if (full) {
            complete_ = false;
            return;
        }
        if (sitemap.is_index) {
            next.push_back(url->text());
        } else {
            ++pages_;
            take_(url->text(), entry.lastmod);
        }
    }
}

std::vector<Sitemap> SitemapWalk::fetch(const std::vector<std::string>& urls) {
    std::vector<Sitemap> sitemaps(urls.size());
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> late = false;
    const auto work = [&] {
        for (std::size_t i = next++; i < urls.size(); i = next++) {
            HttpRequest request;
            request.url = urls[i];
            request.body_bytes_max = sitemap_bytes_max;
            try {
                const HttpResponse response = client_.send(context_, request);
                if (response.status == 200) {
                    sitemaps[i] = read_sitemap(response.body);
                }
            } catch (const Error& error) {
                late = late || error.code() == ErrorCode::deadline_exceeded;
            } catch (const std::exception&) {
                sitemaps[i] = {};  // Out of memory for this one.
            }
        }
    };
    {
        std::vector<std::jthread> helpers;
        for (std::size_t i = 1; i < urls.size(); ++i) {
            helpers.emplace_back(work);
        }
        work();
    }
    if (context_.stop.stop_requested()) {
        context_.check();
    }
    complete_ = complete_ && !late;
    return sitemaps;
}

}  // namespace rag::crawl
