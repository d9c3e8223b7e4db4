#pragma once

#include "rag/crawl_frontier.hpp"
#include "rag/store.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace rag::test {

/// CrawlFrontier in plain maps, over the store that holds the documents. Safe for concurrent use.
class FakeFrontier final : public CrawlFrontier {
public:
    explicit FakeFrontier(Store& store) : store_(store) {}

    /// Called at the start of every function; may throw to play a fault.
    std::function<void()> before_each;

    std::optional<CrawlSession> find_session(const CallContext& context,
                                             const CrawlKey& key) override;
    void open_session(const CallContext& context, const CrawlKey& key,
                      const CrawlSession& session) override;
    void close_session(const CallContext& context, const CrawlKey& key, const std::string& session,
                       CrawlEnd end) override;
    std::vector<FrontierPage> list_pages(const CallContext& context, const CrawlKey& key) override;
    void save_step(const CallContext& context, const CrawlKey& key,
                   const FrontierStep& step) override;
    CrawlExtent measure(const CallContext& context, const CrawlKey& key) override;
    std::vector<std::string> list_owners(const CallContext& context, std::int64_t collection,
                                         DocumentId document) override;

private:
    struct Crawl {
        CrawlSession session;
        std::map<std::string, FrontierPage> pages;
    };

    void enter(const CallContext& context);
    Crawl* find(const CrawlKey& key);
    /// What a foreign key does.
    void forget_deleted(const CallContext& context);

    Store& store_;
    std::mutex mutex_;
    std::map<std::pair<std::int64_t, std::string>, Crawl> crawls_;
};

}  // namespace rag::test
