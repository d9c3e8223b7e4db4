#pragma once

#include "rag/crawl_frontier.hpp"
#include "storage/sqlite_database.hpp"

#include <memory>
#include <utility>

namespace rag::storage {

/// CrawlFrontier in one SQLite file.
class SqliteFrontier final : public CrawlFrontier {
public:
    explicit SqliteFrontier(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

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
    const std::shared_ptr<SqliteDatabase> database_;  // Shared with the store.
};

}  // namespace rag::storage
