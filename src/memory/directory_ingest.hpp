#pragma once

#include "memory/directory_walk.hpp"
#include "memory/ingest.hpp"
#include "memory/jobs.hpp"
#include "memory/requests.hpp"
#include "rag/store.hpp"

namespace rag::memory {

/// This many items in a row that fail because something we need does not answer end the whole work:
/// the rest would fail the same way.
constexpr int unavailable_in_a_row_max = 3;

/// Takes in the files of a folder, one document after the other. Safe for concurrent use.
class DirectoryIngest final {
public:
    DirectoryIngest(Store& store, Ingest& ingest, const FileAccess& files)
        : store_(store), ingest_(ingest), files_(files) {}

    /// What can be said about the request before any work: role, path, collection.
    void check(const CallContext& context, const IngestDirectory& request);

    /// The work itself, from the beginning; files that are stored already are found unchanged.
    DirectoryReport run(const CallContext& context, const IngestDirectory& request,
                        JobNotes& notes);

private:
    void take(const CallContext& context, const Collection& collection,
              const IngestDirectory& request, const WalkedFile& file, DirectoryReport& report,
              int& unavailable_in_a_row);
    void prune(const CallContext& context, const Collection& collection,
               const IngestDirectory& request, const AllowedPath& folder, DirectoryReport& report);
    AllowedPath find_folder(const CallContext& context, const IngestDirectory& request) const;

    Store& store_;
    Ingest& ingest_;
    const FileAccess& files_;
};

}  // namespace rag::memory
