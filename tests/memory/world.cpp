#include "memory/world.hpp"

#include "base/hash.hpp"
#include "text/words.hpp"

#include <algorithm>
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

/// Breadth first over the map's links, from where the frontier says.
class PlainPages final : public PageSource {
public:
    PlainPages(PlainWeb& web, CrawlRequest request) : web_(web), request_(std::move(request)) {
        for (const FrontierPage& page : request_.known) {
            if (!page.current) {
                earlier_[page.url] = page;
                continue;
            }
            seen_.insert(page.url);
            place_ = std::max(place_, page.place + 1);
            if (page.state == FrontierState::waiting) {
                queue_.push_back(page);
            } else {
                ++given_;
            }
        }
        if (seen_.empty()) {
            queue_.push_back(make(request_.url, 0, std::nullopt));
        }
    }

    std::optional<Visit> next(const CallContext& context) override {
        context.check();
        Visit visit;
        bool follow = request_.follow_links;
        if (!queue_.empty() && given_ < request_.max_pages) {
            visit.settled = queue_.front();
            queue_.pop_front();
        } else if (!take_unlinked(visit.settled)) {
            return std::nullopt;
        } else {
            follow = false;
        }
        FrontierPage& page = visit.settled;
        if (web_.before_page) {
            web_.before_page(page.url);
        }
        const auto found = web_.pages.find(page.url);
        page.status = found == web_.pages.end() ? 404 : found->second.status;
        visit.queued = static_cast<std::int64_t>(queue_.size());
        if (page.status != 200) {
            const bool gone = page.status == 404 || page.status == 410;
            page.state = gone ? FrontierState::gone : FrontierState::failed;
            page.error = "status " + std::to_string(page.status);
            return visit;
        }
        ++given_;
        page.state = FrontierState::done;
        if (follow && page.depth < request_.max_depth) {
            add_links(found->second, visit);
        }
        if (web_.has_validators) {
            if (page.document != 0 && page.etag == found->second.markdown) {
                return visit;
            }
            page.etag = found->second.markdown;
        }
        visit.page.emplace();
        visit.page->url = page.url;
        visit.page->title = found->second.title;
        visit.page->markdown = found->second.markdown;
        visit.page->metadata = {{"status_code", 200}, {"title", visit.page->title}};
        visit.page->depth = page.depth;
        visit.page->parent_url = page.parent;
        return visit;
    }

private:
    FrontierPage make(const std::string& url, std::int64_t depth,
                      const std::optional<std::string>& parent) {
        FrontierPage page = earlier_.contains(url) ? earlier_[url] : FrontierPage{};
        page.url = url;
        page.depth = depth;
        page.place = place_++;
        page.parent = parent;
        page.state = FrontierState::waiting;
        page.current = true;
        seen_.insert(url);
        return page;
    }
    void add_links(const PlainWeb::Site& site, Visit& visit) {
        for (const std::string& link : site.links) {
            if (!seen_.contains(link)) {
                queue_.push_back(make(link, visit.settled.depth + 1, visit.settled.url));
                visit.also.push_back(queue_.back());
            }
        }
    }
    bool take_unlinked(FrontierPage& page) {
        for (const auto& [url, earlier] : earlier_) {
            if (request_.ask_for_unlinked && earlier.document != 0 && !seen_.contains(url)) {
                page = make(url, earlier.depth, earlier.parent);
                return true;
            }
        }
        return false;
    }

    PlainWeb& web_;
    const CrawlRequest request_;
    std::deque<FrontierPage> queue_;
    std::map<std::string, FrontierPage> earlier_;
    std::set<std::string> seen_;
    std::int64_t place_ = 0;
    std::int64_t given_ = 0;
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
    analysis.data_quality = {2, {{"json_ld", 1}}, {{"product", 1}}, {{"price", 1}}};
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
    return std::make_unique<memory::Memory>(memory::Ports{store, frontier, store, embedder, web,
                                                          clock, ids, nullptr, nullptr, &documents},
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
