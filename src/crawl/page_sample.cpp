#include "crawl/page_sample.hpp"

#include "crawl/scope.hpp"
#include "rag/error.hpp"
#include "text/html.hpp"

#include <algorithm>
#include <set>

namespace rag::crawl {
namespace {

constexpr std::size_t pages_max = 8;
constexpr std::size_t fields_max = 100;
constexpr std::size_t page_bytes_max = 2 * 1024 * 1024;

void count(const text::HtmlPage& page, DataQuality& quality) {
    ++quality.pages_read;
    for (const std::string& form : page.fact_forms) {
        ++quality.forms[form];
    }
    for (const auto& [key, value] : page.facts.items()) {
        if (key == "page_type" && value.is_string()) {
            ++quality.page_types[value.get<std::string>()];
        } else if (quality.fields.size() < fields_max || quality.fields.contains(key)) {
            ++quality.fields[key];
        }
    }
}

bool is_html(const HttpResponse& response) {
    const std::string_view type = response.header("content-type");
    return type.empty() || type.starts_with("text/html") ||
           type.starts_with("application/xhtml+xml");
}

}  // namespace

std::vector<Url> choose_sample(const Url& start, const SiteAnalysis& analysis) {
    const Scope scope{start, {}, {}};
    std::vector<Url> urls{start};
    std::set<std::string> chosen{start.text()};
    std::size_t longest = 0;
    for (const auto& [key, pattern] : analysis.patterns) {
        longest = std::max(longest, pattern.example_urls.size());
    }
    for (std::size_t i = 0; i < longest; ++i) {
        for (const auto& [key, pattern] : analysis.patterns) {
            const auto url =
                i < pattern.example_urls.size() ? parse_url(pattern.example_urls[i]) : std::nullopt;
            if (url && urls.size() < pages_max && scope.takes(*url) &&
                chosen.insert(url->text()).second) {
                urls.push_back(*url);
            }
        }
    }
    return urls;
}

DataQuality read_sample(HttpClient& client, const CallContext& context, const CrawlOptions& options,
                        const Robots& robots, const std::vector<Url>& urls) {
    DataQuality quality;
    const auto delay = robots.crawl_delay().value_or(options.delay);
    for (const Url& url : urls) {
        // The robots.txt that was read is that of the start page's origin.
        if (url.origin() != urls.front().origin() || !robots.allows(url.target())) {
            continue;
        }
        HttpRequest request;
        request.url = url.text();
        request.headers = {{"Accept", "text/html"}};
        request.body_bytes_max = page_bytes_max;
        try {
            if (delay >= context.time_left(std::chrono::hours{1})) {
                return quality;
            }
            options.pause(context, delay);
            const HttpResponse response = client.send(context, request);
            const auto at = parse_url(response.url);
            if (response.status == 200 && is_html(response) && at && at->origin() == url.origin()) {
                count(text::read_html(response.body, response.header("content-type"), {*at}),
                      quality);
            }
        } catch (const Error& error) {
            if (context.stop.stop_requested()) {
                throw;
            }
            if (error.code() == ErrorCode::deadline_exceeded) {
                return quality;
            }
        }
    }
    return quality;
}

}  // namespace rag::crawl
