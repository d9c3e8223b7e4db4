#pragma once

#include "memory/document_writer.hpp"
#include "memory/jobs.hpp"
#include "memory/requests.hpp"
#include "rag/clock.hpp"
#include "rag/page_source.hpp"
#include "rag/store.hpp"

#include <map>
#include <set>
#include <string>

namespace rag::memory {

/// Takes in the pages of a site, one document after the other.
///
/// A page belongs to the crawls whose root URLs its metadata names: `crawl_root_url` is the last
/// one that reached it, `crawl_owners` lists all of them where there is more than one. Safe for
/// concurrent use.
class SiteIngest final {
public:
    SiteIngest(Store& store, DocumentWriter& writer, Web& web, const Clock& clock, IdSource& ids)
        : store_(store), writer_(writer), web_(web), clock_(clock), ids_(ids) {}

    /// What can be said about the request before any work: role, bounds, collection, URL, and in
    /// mode crawl whether the site is there already. Throws Error{conflict} for that.
    void check(const CallContext& context, const IngestUrl& request);

    /// The work itself, from the beginning; pages that are stored already are found unchanged.
    CrawlReport run(const CallContext& context, const IngestUrl& request, JobNotes& notes);

private:
    using OwnedPages = std::map<std::string, DocumentSummary>;  ///< By URL.

    /// How earlier calls went for this root and collection.
    struct History {
        bool completed = false;
        bool any = false;  ///< Some job is known, whatever became of it.
        bool running = false;
        std::optional<IngestUrl> last_bounds;  ///< Of the newest that was completed.
    };

    /// One call's state.
    struct Run {
        Collection collection;
        IngestUrl request;
        std::string root;
        CrawlReport report;
        OwnedPages owned;
        std::set<std::string> reached;
        std::map<std::string, int> gone;  ///< URL to status, 404 or 410.
        int unavailable_in_a_row = 0;
    };

    OwnedPages find_owned(const CallContext& context, const Collection& collection,
                          const std::string& root);
    History read_history(const CallContext& context, const Collection& collection,
                         const std::string& root, std::string_view own_job);
    void crawl(const CallContext& context, Run& run, JobNotes& notes);
    void take(const CallContext& context, Run& run, const Page& page);
    WrittenDocument store_page(const CallContext& context, Run& run, const Page& page,
                               const std::string& url);
    Metadata page_metadata(const Run& run, const Page& page, const std::string& url,
                           const std::optional<DocumentSummary>& known) const;
    void count(Run& run, const WrittenDocument& written);
    void note_failures(Run& run, const std::vector<FailedPage>& failures);
    void ask_for_unreached(const CallContext& context, Run& run);
    void let_go(const CallContext& context, Run& run, const std::string& url);

    Store& store_;
    DocumentWriter& writer_;
    Web& web_;
    const Clock& clock_;
    IdSource& ids_;
};

/// Whether a crawl with the bounds `next` reaches whatever one with `last` did.
bool is_same_or_wider(const IngestUrl& next, const IngestUrl& last);

/// The URL in normal form. Throws Error{invalid_argument} for what is no http or https URL.
std::string normalised_url(const std::string& url);

}  // namespace rag::memory
