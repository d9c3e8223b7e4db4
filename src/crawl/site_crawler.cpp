#include "crawl/site_crawler.hpp"

#include "base/clock.hpp"
#include "crawl/analysis.hpp"
#include "crawl/site.hpp"
#include "rag/error.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace rag::crawl {
namespace {

void pause_by_clock(const CallContext& context, std::chrono::milliseconds time) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, context.stop, context.time_left(time), [] { return false; });
    context.check();
}

void require_renderer(const CrawlOptions& options) {
    const std::string why =
        options.renderer == nullptr ? "This program has no browser." : options.renderer->why_not();
    if (!why.empty()) {
        throw Error(ErrorCode::invalid_argument, "render 'always' needs a browser. " + why +
                                                     " Or use render 'auto' or 'never'.");
    }
}

}  // namespace

SiteCrawler::SiteCrawler(HttpClient& client, CrawlOptions options)
    : client_(client), options_(std::move(options)) {
    if (!options_.pause) {
        options_.pause = pause_by_clock;
    }
    if (options_.clock == nullptr) {
        static const SystemClock machines;
        options_.clock = &machines;
    }
}

std::unique_ptr<PageSource> SiteCrawler::crawl(const CallContext& context,
                                               const CrawlRequest& request) {
    context.check();
    const auto url = parse_url(request.url);
    if (!url) {
        throw Error(ErrorCode::invalid_argument,
                    "url '" + request.url.substr(0, 200) +
                        "' is no absolute http or https URL; write it as https://example.com/.");
    }
    if (request.render == RenderMode::always) {
        require_renderer(options_);
    }
    return std::make_unique<Site>(client_, options_, request, *url);
}

SiteAnalysis SiteCrawler::analyze(const CallContext& context, const SiteAnalysisRequest& request) {
    return analyze_site(client_, context, options_, request);
}

}  // namespace rag::crawl
