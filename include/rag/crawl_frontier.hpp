#pragma once

#include "rag/clock.hpp"
#include "rag/context.hpp"
#include "rag/document.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace rag {

/// A crawl is known by the collection that it fills and the URL that it begins at.
struct CrawlKey {
    std::int64_t collection = 0;
    std::string root_url;  ///< Normalised.
};

enum class FrontierState {
    waiting,
    done,       ///< Fetched, or known to be what it was.
    failed,     ///< Asked for in vain; what an earlier session stored of it stays.
    gone,       ///< The server says that it is no more (404, 410).
    moved,      ///< Another URL of the crawl stands for it.
    forbidden,  ///< Never asked for: robots.txt says no.
};

/// What a crawl knows of a URL. With a document it owns that document.
struct FrontierPage {
    std::string url;
    std::int64_t depth = 0;
    std::int64_t place = 0;             ///< Pages of one depth are visited in this order.
    std::optional<std::string> parent;  ///< The page that linked it first.
    FrontierState state = FrontierState::waiting;
    int status = 0;             ///< Of the last answer; 0 without one.
    std::string error;          ///< A sentence where it failed, the other URL where it moved.
    std::string etag;           ///< Validators of the last whole answer; empty without.
    std::string last_modified;  ///< As the server wrote it.
    Timestamp checked_at{};     ///< When the content was last known to be the server's.
    DocumentId document = 0;    ///< 0: none.
    bool current = true;        ///< Reached in the present session; else left from earlier ones.
    // Of the document, as list_pages finds it.
    ContentHash content_hash;
    std::int64_t chunk_count = 0;
};

/// One run through a site, across all processes that work on it.
struct CrawlSession {
    std::string id;  ///< A UUID.
    Timestamp started_at{};
    nlohmann::json request;  ///< What was asked for; an equal request goes on with the session.
    nlohmann::json counts;   ///< What came of it so far; its shape belongs to who crawls.
    bool open = true;
    nlohmann::json completed_request;  ///< Of the newest session that came to its end, or null.
};

/// A page's row, and what is merged into its document's metadata at the same moment.
struct FrontierChange {
    FrontierPage page;
    Metadata touch = Metadata::object();
};

struct FrontierStep {
    std::string session;                ///< Its id.
    std::vector<FrontierChange> pages;  ///< New or changed; each becomes one of this session.
    nlohmann::json counts;              ///< Replaces those of the session.
};

enum class CrawlEnd {
    completed,  ///< The session's request becomes the completed one.
    abandoned,  ///< Nothing came of it: pages without a document are forgotten.
};

struct CrawlExtent {
    std::int64_t pages = 0;  ///< Documents owned.
    std::int64_t chunks = 0;
};

/// Where crawls are, so that they outlive the process: what was found, what was fetched, and which
/// documents belong to which crawl. Safe for concurrent use by threads and processes. Each function
/// is one transaction and throws Error as rag/store.hpp says.
class CrawlFrontier {
public:
    virtual ~CrawlFrontier() = default;

    virtual std::optional<CrawlSession> find_session(const CallContext& context,
                                                     const CrawlKey& key) = 0;
    /// Begins a session: all pages that are there count as left from earlier ones. Ends whatever
    /// session was open. Throws Error{not_found} when the collection is gone.
    virtual void open_session(const CallContext& context, const CrawlKey& key,
                              const CrawlSession& session) = 0;
    /// Forgets pages of earlier sessions that own nothing. Does nothing unless that session is the
    /// open one.
    virtual void close_session(const CallContext& context, const CrawlKey& key,
                               const std::string& session, CrawlEnd end) = 0;

    /// By depth and place, those of the present session first.
    virtual std::vector<FrontierPage> list_pages(const CallContext& context,
                                                 const CrawlKey& key) = 0;
    /// Writes the rows, touches the documents and records that for followers of the change feed.
    /// A document that is gone by now leaves the row without one. Throws Error{conflict} when the
    /// session is not the open one any more; then nothing is written.
    virtual void save_step(const CallContext& context, const CrawlKey& key,
                           const FrontierStep& step) = 0;

    virtual CrawlExtent measure(const CallContext& context, const CrawlKey& key) = 0;
    /// Root URLs of the collection's crawls that own the document, sorted.
    virtual std::vector<std::string> list_owners(const CallContext& context,
                                                 std::int64_t collection, DocumentId document) = 0;
};

}  // namespace rag
