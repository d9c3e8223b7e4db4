#include "memory/crawl_bounds.hpp"

#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace rag::memory {
namespace {

bool holds_all(const std::vector<std::string>& all, const std::vector<std::string>& some) {
    return std::all_of(some.begin(), some.end(), [&](const std::string& one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    });
}

bool are_same(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return std::set(a.begin(), a.end()) == std::set(b.begin(), b.end());
}

}  // namespace

void check_bounds(const IngestUrl& request) {
    if (request.max_depth < 0 || request.max_depth > crawl_depth_max) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`max_depth` must be between 0 and {}, but is {}.", crawl_depth_max,
                                request.max_depth));
    }
    if (request.max_pages < 1 || request.max_pages > crawl_pages_max) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`max_pages` must be between 1 and {}, but is {}.", crawl_pages_max,
                                request.max_pages));
    }
}

CrawlRequest to_crawl(const IngestUrl& request) {
    CrawlRequest crawl;
    crawl.url = request.url;
    crawl.follow_links = request.follow_links;
    crawl.max_depth = request.max_depth;
    crawl.max_pages = request.max_pages;
    crawl.include_patterns = request.include_patterns;
    crawl.exclude_patterns = request.exclude_patterns;
    crawl.render = request.render;
    return crawl;
}

bool is_same_or_wider(const IngestUrl& next, const IngestUrl& last) {
    const bool depth =
        !last.follow_links || (next.follow_links && next.max_depth >= last.max_depth);
    const bool includes =
        next.include_patterns.empty() ||
        (!last.include_patterns.empty() && holds_all(next.include_patterns, last.include_patterns));
    return depth && includes && next.max_pages >= last.max_pages &&
           holds_all(last.exclude_patterns, next.exclude_patterns);
}

bool follows_same_links(const IngestUrl& next, const IngestUrl& last) {
    return next.follow_links == last.follow_links && next.max_depth == last.max_depth &&
           are_same(next.include_patterns, last.include_patterns) &&
           are_same(next.exclude_patterns, last.exclude_patterns);
}

void count_facts(const Metadata& metadata, CrawlReport& report) {
    constexpr std::size_t fields_max = 100;
    constexpr std::array<std::string_view, 11> plain{
        "source",   "content_type", "crawl_root_url", "crawl_depth",     "title",     "domain",
        "language", "status_code",  "content_length", "crawler_version", "parent_url"};
    for (const auto& [key, value] : metadata.items()) {
        const bool blank = value.is_string() && value.get_ref<const std::string&>().empty();
        const bool kept =
            report.page_fields.size() < fields_max || report.page_fields.contains(key);
        if (key == "page_type" && value.is_string()) {
            ++report.page_types[value.get<std::string>()];
        } else if (!blank && kept && std::find(plain.begin(), plain.end(), key) == plain.end()) {
            ++report.page_fields[key];
        }
    }
}

Json write_counts(const CrawlReport& report) {
    Json failed = Json::array();
    for (const FailedPage& page : report.failed_pages) {
        failed.push_back({{"url", page.url}, {"status", page.status}, {"error", page.error}});
    }
    return {{"crawled", report.pages_crawled},     {"ingested", report.pages_ingested},
            {"unchanged", report.pages_unchanged}, {"failed", report.pages_failed},
            {"folded", report.pages_folded},       {"bytes", report.bytes},
            {"rendered", report.pages_rendered},   {"unrendered", report.pages_unrendered},
            {"chunks", report.total_chunks},       {"deleted", report.old_pages_deleted},
            {"page_types", report.page_types},     {"page_fields", report.page_fields},
            {"failed_pages", std::move(failed)}};
}

void read_counts(const Json& counts, CrawlReport& report) {
    try {
        report.pages_crawled = counts.at("crawled").get<std::int64_t>();
        report.pages_ingested = counts.at("ingested").get<std::int64_t>();
        report.pages_unchanged = counts.at("unchanged").get<std::int64_t>();
        report.pages_failed = counts.at("failed").get<std::int64_t>();
        report.pages_folded = counts.at("folded").get<std::int64_t>();
        report.pages_rendered = counts.value("rendered", std::int64_t{0});
        report.pages_unrendered = counts.value("unrendered", std::int64_t{0});
        report.bytes = counts.at("bytes").get<std::int64_t>();
        report.total_chunks = counts.at("chunks").get<std::int64_t>();
        report.old_pages_deleted = counts.at("deleted").get<std::int64_t>();
        counts.at("page_types").get_to(report.page_types);
        counts.at("page_fields").get_to(report.page_fields);
        for (const Json& page : counts.at("failed_pages")) {
            report.failed_pages.push_back({page.at("url").get<std::string>(),
                                           page.at("status").get<int>(),
                                           page.at("error").get<std::string>()});
        }
    } catch (const Json::exception&) {
        throw Error(ErrorCode::corrupt, "The stored counts of a crawl cannot be read.");
    }
}

}  // namespace rag::memory
