#pragma once

#include "memory/directory_walk.hpp"
#include "memory/folder_documents.hpp"
#include "memory/ingest.hpp"
#include "memory/requests.hpp"
#include "rag/clock.hpp"
#include "rag/error.hpp"
#include "rag/store.hpp"

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace rag::memory {

/// What tells two states of a file apart without reading it.
struct FileStamp {
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;  ///< Of the inode; no program can set it back.
    std::int64_t size = 0;
    std::uint64_t inode = 0;
    std::uint64_t device = 0;

    bool operator==(const FileStamp&) const = default;
};

/// Everything must outlive what is built on it.
struct FolderTools {
    Store& store;
    Ingest& ingest;
    const FileAccess& files;
    const Clock& clock;
    const EmbeddingSpace& space;  ///< Of the configured model.
};

/// Brings a collection in step with a folder, or with what became of one entry of it: new and
/// changed files are taken in, documents of files that are gone or named by an ignore file are
/// removed. Documents of files that are there and not wanted (another extension, hidden) stay, and
/// so do those of files outside of the folder.
///
/// Remembers for each file what it was when it was taken in, so that looking at everything again
/// reads only what changed. Used by one thread.
class FolderSync final {
public:
    struct Hooks {
        /// Before the entries of a folder are listed; also for the folders above that rule.
        std::function<void(const std::string& path)> before_folder = {};
        std::function<void()> after_file = {};
    };

    /// `folder` is the directory of the request.
    FolderSync(const FolderTools& tools, AllowedPath folder, IngestDirectory request,
               WatchListener listener, Hooks hooks);

    /// Looks at the entry (a path below the folder) and whatever is below it; at everything when it
    /// is empty. Throws when the store does not answer, or the collection is gone or of another
    /// model; unavailable when three files in a row failed so for the first time. A file that fails
    /// is told.
    FolderSummary look(const CallContext& context, const std::string& entry);

    /// When a file that failed for something that passes should be looked at again, with all
    /// others; null when there is none.
    std::optional<SteadyTime> next_retry() const { return next_retry_; }

private:
    struct Known {
        std::optional<FileStamp> stamp = {};  ///< Null: read it.
        std::string error = {};               ///< Of the last time; empty when it was taken in.
        int failures = 0;                     ///< In a row, for something that passes.
        std::optional<SteadyTime> retry_at = {};
    };
    using Seen = std::unordered_set<std::string>;

    std::string identity_of(const std::string& entry) const;
    Collection find_collection(const CallContext& context) const;
    void take(const CallContext& context, const Collection& collection, const WalkedFile& file,
              FolderSummary& summary, Seen& seen);
    void put_off(const WalkedFile& file, Known& known, const Error& error);
    void fail(const WalkedFile& file, Known& known, const std::string& error);
    std::optional<FileStamp> settled(const std::optional<FileStamp>& stamp) const;
    std::vector<FileDocument> list_documents(const CallContext& context,
                                             const Collection& collection,
                                             const std::string& entry) const;
    void remove_stale(const CallContext& context, const Collection& collection,
                      const std::string& entry, const Seen& seen, FolderSummary& summary);
    void tell_emptiness(std::int64_t kept);
    void distrust_missing(const std::vector<FileDocument>& documents, const Seen& seen);
    bool is_ignored(const CallContext& context, const std::string& path) const;
    void forget_all_but(const Seen& seen);

    const FolderTools tools_;
    const AllowedPath folder_;
    const IngestDirectory request_;
    const WatchListener listener_;
    const Hooks hooks_;
    std::unordered_map<std::string, Known> known_ = {};  ///< By identity; by name for bad links.
    std::optional<SteadyTime> next_retry_ = {};
    int unavailable_in_a_row_ = 0;
    bool emptiness_told_ = false;
};

}  // namespace rag::memory
