#pragma once

#include "base/url.hpp"
#include "crawl/traps.hpp"
#include "rag/crawl_frontier.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace rag::crawl {

/// The URLs of one crawl in memory: which wait, which are settled, what earlier sessions knew.
/// Waiting pages come by depth, so that each is reached at its true depth. Used by one thread.
class Frontier final {
public:
    /// Takes up where the pages of the present session say it was.
    explicit Frontier(std::vector<FrontierPage> known);

    /// Of the page that `take` would give; some page waits.
    std::int64_t next_depth() const { return std::get<0>(*waiting_.begin()); }
    const std::string& next_url() const { return std::get<2>(*waiting_.begin()); }
    /// The next waiting page, now settled in here. `unlinked` ones come when no others are left.
    std::optional<FrontierPage> take();
    /// The next page with a document that this session has not settled; links need not lead there.
    std::optional<FrontierPage> take_unlinked();

    /// Adds a page that waits, with what earlier sessions knew of it. Null when it is known in this
    /// session already, is a trap, or too many wait.
    std::optional<FrontierPage> add(const Url& url, std::int64_t depth,
                                    const std::optional<std::string>& parent);
    /// Counts the page as reached without waiting for it; its row, null when it was reached before.
    std::optional<FrontierPage> claim(const Url& url, const FrontierPage& like);

    /// Reached in this session, waiting or settled.
    bool is_reached(std::string_view url) const { return reached_.contains(std::string(url)); }
    /// What an earlier session found on the page first; by place.
    std::vector<FrontierPage> links_of_earlier(const std::string& url) const;

    /// Pages of this session that counted when it was taken up.
    std::int64_t settled_before() const { return settled_before_; }
    /// The page that the crawl begins at, after redirects that are known; null in a new session.
    std::optional<std::string> start() const { return start_; }
    std::int64_t waiting() const { return static_cast<std::int64_t>(waiting_.size()); }
    /// Whether several pages stand for the document, so that no one of them tells its state.
    bool is_shared(DocumentId document) const;
    /// Whether an earlier session stored the page.
    bool has_document(const std::string& url) const;
    /// Whether enough documents are known that asking for what changed pays.
    std::int64_t documents() const { return documents_; }

private:
    using Order = std::tuple<std::int64_t, std::int64_t, std::string>;  ///< Depth, place, URL.

    void take_up(const FrontierPage& page);

    std::map<std::string, FrontierPage> known_;      ///< Of earlier sessions, and what waits.
    std::multimap<std::string, std::string> links_;  ///< Of earlier sessions: page to found pages.
    std::set<std::string> reached_;
    std::set<std::string> settled_;
    std::set<Order> waiting_;
    std::map<DocumentId, int> pages_of_;
    std::optional<std::string> start_;
    Traps traps_;
    std::int64_t next_place_ = 0;
    std::int64_t settled_before_ = 0;
    std::int64_t documents_ = 0;
};

/// Whether the page counts against the bound on pages: it was asked for, or known to be unchanged.
bool counts_as_visit(const FrontierPage& page);

}  // namespace rag::crawl
