#pragma once

#include "rag/crawl_frontier.hpp"
#include "storage/postgres_pool.hpp"

namespace rag::storage {

/// CrawlFrontier on Postgres. The pool must outlive it.
class PostgresFrontier final : public CrawlFrontier {
public:
    explicit PostgresFrontier(PostgresPool& pool) : pool_(pool) {}

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
    PostgresPool& pool_;
};

}  // namespace rag::storage
