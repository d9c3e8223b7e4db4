#include "memory/folder_sync.hpp"

#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "memory/directory_ingest.hpp"
#include "memory/identity.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace rag::memory {
namespace {

/// A file that changed this recently may change again within one tick of its file system's clock,
/// which is two seconds at worst (FAT): its stamp says nothing yet.
constexpr std::chrono::seconds unsettled_time{2};
constexpr std::chrono::seconds retry_pause_first{1};
constexpr std::chrono::seconds retry_pause_max{60};

std::int64_t to_ns(const timespec& time) {
    constexpr std::int64_t ns_by_second = 1'000'000'000;
    return static_cast<std::int64_t>(time.tv_sec) * ns_by_second + time.tv_nsec;
}

std::optional<FileStamp> stamp_of(const std::string& path) {
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0) {
        return std::nullopt;
    }
    return FileStamp{to_ns(status.st_mtim), to_ns(status.st_ctim), status.st_size, status.st_ino,
                     status.st_dev};
}

std::string below(const std::string& folder, const std::string& entry) {
    return entry.empty() ? folder : (folder == "/" ? "" : folder) + '/' + entry;
}

std::string key_of(const WalkedFile& file) {
    return file.problem.empty() ? file_identity(replace_invalid_utf8(file.path.path))
                                : "problem:" + file.relative;
}

bool ends_all(const Error& error) {
    return error.code() == ErrorCode::cancelled || error.code() == ErrorCode::deadline_exceeded;
}

}  // namespace

FolderSync::FolderSync(const FolderTools& tools, AllowedPath folder, IngestDirectory request,
                       WatchListener listener, Hooks hooks)
    : tools_(tools),
      folder_(std::move(folder)),
      request_(std::move(request)),
      listener_(std::move(listener)),
      hooks_(std::move(hooks)) {}

FolderSummary FolderSync::look(const CallContext& context, const std::string& entry) {
    const Collection collection = find_collection(context);
    WalkOptions options = walk_options(request_);
    options.before_folder = hooks_.before_folder;
    DirectoryWalk walk(tools_.files, context.caller, folder_, std::move(options), entry);
    if (entry.empty()) {
        next_retry_.reset();
        const std::vector<std::string> rule_folders = walk.rule_folders();
        std::for_each(rule_folders.begin(), rule_folders.end(), hooks_.before_folder);
    } else if (const auto known = known_.find(identity_of(entry)); known != known_.end()) {
        known->second.retry_at.reset();  // It changed: perhaps for the better.
    }
    FolderSummary summary;
    Seen seen;
    while (const std::optional<WalkedFile> file = walk.next(context)) {
        take(context, collection, *file, summary, seen);
        hooks_.after_file();
    }
    remove_stale(context, collection, entry, seen, summary);
    if (entry.empty()) {
        forget_all_but(seen);
    }
    return summary;
}

std::string FolderSync::identity_of(const std::string& entry) const {
    return file_identity(replace_invalid_utf8(below(folder_.path, entry)));
}

Collection FolderSync::find_collection(const CallContext& context) const {
    Collection collection = require_collection_to_fill(context, tools_.store, request_.collection);
    try {
        require_space(collection, tools_.space);
    } catch (const Error& error) {
        // Nothing that passes by itself, unlike other conflicts.
        throw Error(ErrorCode::invalid_argument, error.message());
    }
    return collection;
}

void FolderSync::take(const CallContext& context, const Collection& collection,
                      const WalkedFile& file, FolderSummary& summary, Seen& seen) {
    const std::string key = key_of(file);
    Known& known = known_[key];
    ++summary.files;
    seen.insert(key);
    if (!file.problem.empty()) {
        fail(file, known, file.problem);
        ++summary.failed;
        return;
    }
    const std::optional<FileStamp> stamp = stamp_of(file.path.path);
    const bool waits = known.retry_at && tools_.clock.steady_now() < *known.retry_at;
    if (waits || (stamp && known.stamp == stamp)) {
        next_retry_ =
            waits ? std::min(next_retry_.value_or(*known.retry_at), *known.retry_at) : next_retry_;
        summary.failed += known.error.empty() ? 0 : 1;
        return;
    }
    known.stamp.reset();
    known.retry_at.reset();
    try {
        const IngestedDocument ingested = tools_.ingest.read_file(context, collection, file.path,
                                                                  file.relative, request_.metadata);
        known = {.stamp = settled(stamp)};
        unavailable_in_a_row_ = 0;
        if (ingested.status != IngestStatus::unchanged) {
            const bool created = ingested.status == IngestStatus::created;
            summary.added += created ? 1 : 0;
            summary.updated += created ? 0 : 1;
            listener_.on_change({created ? FolderChangeKind::added : FolderChangeKind::updated,
                                 file.relative,
                                 ingested.document_id,
                                 ingested.num_chunks,
                                 {}});
        }
    } catch (const Error& error) {
        if (ends_all(error)) {
            throw;
        }
        if (error.code() == ErrorCode::not_found) {
            require_collection_to_fill(context, tools_.store, request_.collection);
            seen.erase(key);  // It went while we looked at it; remove_stale sees whether for good.
            return;
        }
        ++summary.failed;
        if (error.code() == ErrorCode::unavailable || error.code() == ErrorCode::conflict ||
            error.code() == ErrorCode::rate_limited) {
            put_off(file, known, error);
        } else {
            known.stamp = settled(stamp);
            fail(file, known, error.message());
        }
    }
}

/// Throws the error when it seems to be about more than this file.
void FolderSync::put_off(const WalkedFile& file, Known& known, const Error& error) {
    const std::chrono::seconds pause =
        std::min(retry_pause_max, retry_pause_first * (1 << std::min(known.failures, 10)));
    known.retry_at = tools_.clock.steady_now() + pause;
    ++known.failures;
    next_retry_ = std::min(next_retry_.value_or(*known.retry_at), *known.retry_at);
    // A file that failed so before may be the reason itself, and must not stand before all others.
    const bool first = known.failures == 1;
    if (error.code() == ErrorCode::unavailable && first &&
        ++unavailable_in_a_row_ >= unavailable_in_a_row_max) {
        unavailable_in_a_row_ = 0;
        throw error;
    }
    fail(file, known, error.message());
}

/// Tells the same failure of a file once.
void FolderSync::fail(const WalkedFile& file, Known& known, const std::string& error) {
    if (known.error != error) {
        known.error = error;
        listener_.on_change({FolderChangeKind::failed, file.relative, 0, 0, error});
    }
}

/// The stamp, once it says something.
std::optional<FileStamp> FolderSync::settled(const std::optional<FileStamp>& stamp) const {
    const std::int64_t now_ns =
        std::chrono::nanoseconds(tools_.clock.now().time_since_epoch()).count();
    const std::int64_t least = std::chrono::nanoseconds(unsettled_time).count();
    return stamp && now_ns - stamp->changed_ns > least ? stamp : std::nullopt;
}

std::vector<FileDocument> FolderSync::list_documents(const CallContext& context,
                                                     const Collection& collection,
                                                     const std::string& entry) const {
    const std::string path = below(folder_.path, entry);
    std::vector<FileDocument> documents =
        list_file_documents(context, tools_.store, collection.id, path);
    if (!entry.empty()) {
        const std::string identity = identity_of(entry);
        if (const std::optional<DocumentSummary> found =
                tools_.store.find_by_identity(context, collection.id, identity)) {
            documents.push_back({found->id, identity, path});
        }
    }
    return documents;
}

void FolderSync::remove_stale(const CallContext& context, const Collection& collection,
                              const std::string& entry, const Seen& seen, FolderSummary& summary) {
    if (seen.contains(identity_of(entry))) {
        return;  // The entry is a file.
    }
    const std::vector<FileDocument> documents = list_documents(context, collection, entry);
    if (entry.empty()) {
        distrust_missing(documents, seen);
    }
    // All at once: more likely a disk that is not mounted than the wish to forget everything.
    const bool all_gone = entry.empty() && summary.files == 0;
    std::int64_t kept = 0;
    for (const FileDocument& document : documents) {
        context.check();
        const bool gone = is_file_gone(document.path);
        kept += gone && all_gone ? 1 : 0;
        if (seen.contains(document.identity) || (gone && all_gone) ||
            !(gone || is_ignored(context, document.path)) ||
            !remove_file_document(context, tools_.store, document.id)) {
            continue;
        }
        known_.erase(document.identity);
        ++summary.removed;
        const std::string relative =
            document.path.substr(folder_.path.size() + (folder_.path == "/" ? 0 : 1));
        listener_.on_change(
            {FolderChangeKind::removed, replace_invalid_utf8(relative), document.id, 0, {}});
        hooks_.after_file();
    }
    if (entry.empty()) {
        tell_emptiness(kept);
    }
}

void FolderSync::tell_emptiness(std::int64_t kept) {
    if (kept > 0 && !emptiness_told_) {
        listener_.on_notice(
            fmt::format("No file is found in '{}', but {} documents came from it: they stay. If it "
                        "is empty on purpose, run `rag ingest directory --prune` on it.",
                        request_.path, kept));
    }
    emptiness_told_ = kept > 0;
}

/// Others may delete a document whose file stays: it is read again the next time.
void FolderSync::distrust_missing(const std::vector<FileDocument>& documents, const Seen& seen) {
    Seen there;
    for (const FileDocument& document : documents) {
        there.insert(document.identity);
    }
    const std::string prefix = folder_identity_prefix(replace_invalid_utf8(folder_.path));
    for (const std::string& key : seen) {
        Known& known = known_[key];
        if (key.starts_with(prefix) && path_of(key) && !there.contains(key) &&
            known.error.empty()) {
            known.stamp.reset();
        }
    }
}

bool FolderSync::is_ignored(const CallContext& context, const std::string& path) const {
    const std::string relative = path.substr(folder_.path.size() + (folder_.path == "/" ? 0 : 1));
    return DirectoryWalk(tools_.files, context.caller, folder_, walk_options(request_), relative)
        .is_entry_ignored();
}

void FolderSync::forget_all_but(const Seen& seen) {
    std::erase_if(known_, [&](const auto& known) { return !seen.contains(known.first); });
}

}  // namespace rag::memory
