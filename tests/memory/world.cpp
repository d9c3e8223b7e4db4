#include "memory/world.hpp"

#include "base/hash.hpp"
#include "text/words.hpp"

#include <cmath>
#include <fstream>
#include <set>

namespace rag::test {
namespace {

Vector embed(std::string_view text) {
    Vector vector(64, 0);
    for (const std::string& term : text::index_terms(text)) {
        if (!text::is_stop_word(term)) {
            vector[hash64(term) % vector.size()] += 1;
        }
    }
    double length = 0;
    for (const float value : vector) {
        length += static_cast<double>(value * value);
    }
    for (float& value : vector) {
        value = length > 0 ? value / static_cast<float>(std::sqrt(length)) : 0;
    }
    return vector;
}

/// Breadth first over the map's links.
class PlainPages final : public PageSource {
public:
    PlainPages(PlainWeb& web, CrawlRequest request) : web_(web), request_(std::move(request)) {
        queue_.push_back({request_.url, 0, std::nullopt});
        seen_.insert(request_.url);
    }

    std::optional<Page> next(const CallContext& context) override {
        while (!queue_.empty() && given_ < request_.max_pages) {
            context.check();
            const Waiting waiting = queue_.front();
            queue_.pop_front();
            if (web_.before_page) {
                web_.before_page(waiting.url);
            }
            const auto found = web_.pages.find(waiting.url);
            const int status = found == web_.pages.end() ? 404 : found->second.status;
            if (status != 200) {
                failed_.push_back({waiting.url, status, "status " + std::to_string(status)});
                continue;
            }
            if (request_.follow_links && waiting.depth < request_.max_depth) {
                for (const std::string& link : found->second.links) {
                    if (seen_.insert(link).second) {
                        queue_.push_back({link, waiting.depth + 1, waiting.url});
                    }
                }
            }
            ++given_;
            Page page;
            page.url = waiting.url;
            page.title = found->second.title;
            page.markdown = found->second.markdown;
            page.metadata = {{"status_code", 200}, {"title", page.title}};
            page.depth = waiting.depth;
            page.parent_url = waiting.parent;
            return page;
        }
        return std::nullopt;
    }

    const std::vector<FailedPage>& failed() const override { return failed_; }

private:
    struct Waiting {
        std::string url;
        std::int64_t depth = 0;
        std::optional<std::string> parent;
    };

    PlainWeb& web_;
    const CrawlRequest request_;
    std::deque<Waiting> queue_;
    std::set<std::string> seen_;
    std::int64_t given_ = 0;
    std::vector<FailedPage> failed_;
};

}  // namespace

std::vector<Vector> StemEmbedder::embed_passages(const CallContext&,
                                                 std::span<const std::string> texts) {
    if (before_each) {
        before_each();
    }
    std::vector<Vector> vectors;
    for (const std::string& text : texts) {
        vectors.push_back(embed(text));
    }
    return vectors;
}

Vector StemEmbedder::embed_query(const CallContext&, std::string_view text, const CountWords&) {
    if (before_each) {
        before_each();
    }
    return embed(text);
}

std::unique_ptr<PageSource> PlainWeb::crawl(const CallContext&, const CrawlRequest& request) {
    return std::make_unique<PlainPages>(*this, request);
}

SiteAnalysis PlainWeb::analyze(const CallContext&, const SiteAnalysisRequest& request) {
    SiteAnalysis analysis;
    analysis.base_url = request.base_url;
    analysis.method = "links";
    analysis.total_urls = 3;
    analysis.domains = {"site.example"};
    analysis.patterns = {
        {"/docs", {2, 2.5, {"http://site.example/docs/a"}, {"http://site.example/docs/a"}}},
        {"/", {1, 0, {"http://site.example/"}, {"http://site.example/"}}}};
    analysis.notes = "No sitemap.";
    return analysis;
}

World::World() {
    root = memory::resolve_path("/", dir.path().string());
    context.caller.files = FileReach::working_tree;
    memory_ = make();
    memory_->create_collection(context, {"c", "for tests"});
}

std::unique_ptr<memory::Memory> World::make(std::chrono::milliseconds lease) {
    memory::Options options;
    options.files.working_dir = root;
    options.files.data_dir = "/nonexistent/data";
    options.files.allowed_roots = {{root}};
    options.job_lease = lease;
    options.host = "test-host";
    return std::make_unique<memory::Memory>(memory::Ports{store, store, embedder, web, clock, ids},
                                            options);
}

memory::IngestedDocument World::add(const std::string& content, const std::string& title,
                                    const Metadata& metadata, const std::string& collection) {
    memory::IngestText request;
    request.content = content;
    request.collection = collection;
    request.title = title;
    request.metadata = metadata;
    return memory_->ingest_text(context, request);
}

SearchResult World::find(const std::string& text, std::int64_t limit, SearchMode mode) {
    SearchQuery query;
    query.text = text;
    query.limit = limit;
    query.mode = mode;
    return memory_->search(context, query);
}

void World::write_file(const std::string& name, const std::string& content) {
    const std::filesystem::path path = dir.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
}

}  // namespace rag::test
