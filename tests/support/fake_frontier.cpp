#include "support/fake_frontier.hpp"

#include "rag/error.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace rag::test {

void FakeFrontier::enter(const CallContext& context) {
    if (before_each) {
        before_each();
    }
    forget_deleted(context);
}

FakeFrontier::Crawl* FakeFrontier::find(const CrawlKey& key) {
    const auto found = crawls_.find({key.collection, key.root_url});
    return found == crawls_.end() ? nullptr : &found->second;
}

void FakeFrontier::forget_deleted(const CallContext& context) {
    std::set<std::int64_t> collections;
    for (const Collection& collection : store_.list_collections(context)) {
        collections.insert(collection.id);
    }
    std::erase_if(crawls_,
                  [&](const auto& entry) { return !collections.contains(entry.first.first); });
    for (auto& [key, crawl] : crawls_) {
        for (auto& [url, page] : crawl.pages) {
            if (page.document != 0 && !store_.find_document(context, page.document)) {
                page.document = 0;
            }
        }
    }
}

std::optional<CrawlSession> FakeFrontier::find_session(const CallContext& context,
                                                       const CrawlKey& key) {
    const std::scoped_lock lock(mutex_);
    enter(context);
    const Crawl* crawl = find(key);
    return crawl == nullptr ? std::nullopt : std::optional(crawl->session);
}

void FakeFrontier::open_session(const CallContext& context, const CrawlKey& key,
                                const CrawlSession& session) {
    const std::scoped_lock lock(mutex_);
    enter(context);
    const auto all = store_.list_collections(context);
    if (std::none_of(all.begin(), all.end(),
                     [&](const Collection& one) { return one.id == key.collection; })) {
        throw Error(ErrorCode::not_found, "The collection is gone.");
    }
    Crawl& crawl = crawls_[{key.collection, key.root_url}];
    const nlohmann::json completed = crawl.session.completed_request;
    crawl.session = session;
    crawl.session.open = true;
    crawl.session.completed_request = completed;
    for (auto& [url, page] : crawl.pages) {
        page.current = false;
    }
}

void FakeFrontier::close_session(const CallContext& context, const CrawlKey& key,
                                 const std::string& session, CrawlEnd end) {
    const std::scoped_lock lock(mutex_);
    enter(context);
    Crawl* crawl = find(key);
    if (crawl == nullptr || !crawl->session.open || crawl->session.id != session) {
        return;
    }
    crawl->session.open = false;
    if (end == CrawlEnd::completed) {
        crawl->session.completed_request = crawl->session.request;
    }
    std::erase_if(crawl->pages, [&](const auto& entry) {
        return entry.second.document == 0 && (!entry.second.current || end == CrawlEnd::abandoned);
    });
}

std::vector<FrontierPage> FakeFrontier::list_pages(const CallContext& context,
                                                   const CrawlKey& key) {
    const std::scoped_lock lock(mutex_);
    enter(context);
    std::vector<FrontierPage> pages;
    if (const Crawl* crawl = find(key)) {
        for (const auto& [url, page] : crawl->pages) {
            pages.push_back(page);
            if (const auto document = store_.find_document(context, page.document)) {
                pages.back().content_hash = document->content_hash;
                pages.back().chunk_count = document->chunk_count;
            }
        }
    }
    std::sort(pages.begin(), pages.end(), [](const FrontierPage& a, const FrontierPage& b) {
        return std::tuple(!a.current, a.depth, a.place, a.url) <
               std::tuple(!b.current, b.depth, b.place, b.url);
    });
    return pages;
}

void FakeFrontier::save_step(const CallContext& context, const CrawlKey& key,
                             const FrontierStep& step) {
    const std::scoped_lock lock(mutex_);
    enter(context);
    Crawl* crawl = find(key);
    if (crawl == nullptr || !crawl->session.open || crawl->session.id != step.session) {
        throw Error(ErrorCode::conflict, "Another crawl began meanwhile.");
    }
    for (const FrontierChange& change : step.pages) {
        FrontierPage page = change.page;
        page.current = true;
        if (page.document != 0 && !store_.find_document(context, page.document)) {
            page.document = 0;
        }
        if (page.document != 0 && !change.touch.empty()) {
            DocumentUpdate update;
            update.metadata = change.touch;
            store_.update_document(context, page.document, update);
        }
        crawl->pages[page.url] = page;
    }
    crawl->session.counts = step.counts;
}

CrawlExtent FakeFrontier::measure(const CallContext& context, const CrawlKey& key) {
    const std::scoped_lock lock(mutex_);
    enter(context);
    std::set<DocumentId> documents;
    if (const Crawl* crawl = find(key)) {
        for (const auto& [url, page] : crawl->pages) {
            if (page.document != 0) {
                documents.insert(page.document);
            }
        }
    }
    CrawlExtent extent;
    for (const DocumentId id : documents) {
        ++extent.pages;
        extent.chunks += store_.find_document(context, id)->chunk_count;
    }
    return extent;
}

std::vector<std::string> FakeFrontier::list_owners(const CallContext& context,
                                                   std::int64_t collection, DocumentId document) {
    const std::scoped_lock lock(mutex_);
    enter(context);
    std::vector<std::string> roots;
    for (const auto& [key, crawl] : crawls_) {
        const bool owns =
            key.first == collection &&
            std::any_of(crawl.pages.begin(), crawl.pages.end(),
                        [&](const auto& entry) { return entry.second.document == document; });
        if (owns) {
            roots.push_back(key.second);
        }
    }
    return roots;
}

}  // namespace rag::test
