#pragma once

#include "memory/document_writer.hpp"
#include "memory/jobs.hpp"
#include "memory/requests.hpp"
#include "rag/clock.hpp"
#include "rag/crawl_frontier.hpp"
#include "rag/page_source.hpp"
#include "rag/store.hpp"
#include "text/boilerplate.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace rag::memory {

/// What taking in sites is built on; everything must outlive it.
struct SitePorts {
    Store& store;
    CrawlFrontier& frontier;
    DocumentWriter& writer;
    Web& web;
    const Clock& clock;
    IdSource& ids;
};

/// Takes in the pages of a site, one document after the other.
///
/// What became of each URL stands in the frontier, which a page enters together with what it led
/// to, right after its document was stored. A crawl that was broken off goes on from there: at most
/// the pages that were in flight are asked for again, and found unchanged where they were stored.
/// Safe for concurrent use.
class SiteIngest final {
public:
    explicit SiteIngest(const SitePorts& ports) : ports_(ports) {}

    /// What can be said about the request before any work: role, bounds, collection, URL, and in
    /// mode crawl whether the site is there already. Throws Error{conflict} for that.
    void check(const CallContext& context, const IngestUrl& request);

    /// The work itself, from where an equal request was broken off, else from the beginning.
    CrawlReport run(const CallContext& context, const IngestUrl& request, JobNotes& notes);

private:
    struct Known {
        std::string url;
        DocumentId document = 0;
    };
    struct KnownDocument {
        ContentHash content_hash;
        std::int64_t chunk_count = 0;
    };

    enum class Begun { open, ended };

    /// One call's state.
    struct Run {
        std::string job;
        Collection collection;
        IngestUrl request;
        CrawlKey key;
        CrawlReport report;
        CrawlRequest crawl;
        std::map<DocumentId, KnownDocument> documents;  ///< As they were at the beginning.
        std::map<DocumentId, int> pages_of;             ///< How many pages of this crawl own it.
        std::set<DocumentId> counted;                   ///< In the report already.
        std::map<ContentHash, Known> by_content;        ///< The page of this session that has it.
        std::map<std::string, FrontierChange> step;     ///< Not written yet, by URL.
        SteadyTime step_begun{};
        text::Boilerplate boilerplate;
        std::vector<DocumentId> learnt_from;  ///< Stored while it was being learnt.
        std::vector<DocumentId> to_strip;     ///< To be written anew, now that it is.
        int unavailable_in_a_row = 0;
    };

    Begun begin(const CallContext& context, Run& run);
    static void learn_documents(Run& run);
    void visit_all(const CallContext& context, Run& run, JobNotes& notes);
    void take(const CallContext& context, Run& run, Visit visit);
    void take_page(const CallContext& context, Run& run, const Page& page, Visit& visit);
    WrittenDocument store_page(const CallContext& context, Run& run, const Page& page,
                               const std::string& text);
    static Json counts_of(const Run& run);
    static void learn(Run& run, const std::string& markdown, DocumentId document);
    void take_up_boilerplate(const CallContext& context, Run& run);
    void apply_boilerplate(const CallContext& context, Run& run);
    Metadata session_metadata(const Run& run, const FrontierPage& page) const;
    Metadata take_unchanged(Run& run, const FrontierPage& page);
    void count(Run& run, const WrittenDocument& written);
    void note_failure(Run& run, const FrontierPage& page);
    void add_to_step(Run& run, FrontierPage page, Metadata touch);
    void save_step(const CallContext& context, Run& run);
    void let_go_of_gone(const CallContext& context, Run& run);
    void let_go(const CallContext& context, Run& run, DocumentId document);

    SitePorts ports_;
};

/// The URL in normal form. Throws Error{invalid_argument} for what is no http or https URL.
std::string normalised_url(const std::string& url);

}  // namespace rag::memory
