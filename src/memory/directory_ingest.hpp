#pragma once

#include "memory/directory_walk.hpp"
#include "memory/folder_documents.hpp"
#include "memory/ingest.hpp"
#include "memory/jobs.hpp"
#include "memory/requests.hpp"
#include "rag/store.hpp"

#include <vector>

namespace rag::memory {

/// This many items in a row that fail because something we need does not answer end the whole work:
/// the rest would fail the same way.
constexpr int unavailable_in_a_row_max = 3;

/// Names of failed files are kept up to here; the counts go on.
constexpr std::size_t failed_files_named_max = 1000;

/// The folder of the request. Throws Error{not_found} when there is none, and what
/// FileAccess::resolve throws.
AllowedPath find_directory(const CallContext& context, const FileAccess& files,
                           const IngestDirectory& request);

/// How the request's folder is walked.
WalkOptions walk_options(const IngestDirectory& request);

/// The documents that `prune` removes: their file was in the folder (or below it, for a recursive
/// request) and is gone. A file that is there but left out of the walk (ignored, another extension)
/// keeps its document.
std::vector<FileDocument> list_documents_to_prune(const CallContext& context, Store& store,
                                                  CollectionId collection,
                                                  const AllowedPath& folder,
                                                  const IngestDirectory& request);

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
    Store& store_;
    Ingest& ingest_;
    const FileAccess& files_;
};

}  // namespace rag::memory
