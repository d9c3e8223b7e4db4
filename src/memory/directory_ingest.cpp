#include "memory/directory_ingest.hpp"

#include "memory/caller_rules.hpp"
#include "memory/identity.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

namespace rag::memory {
namespace {

/// Names of failed files are kept up to here; the counts go on.
constexpr std::size_t failed_files_named_max = 1000;

bool ends_all(const Error& error) {
    return error.code() == ErrorCode::cancelled || error.code() == ErrorCode::deadline_exceeded;
}

bool is_gone(const std::string& path) {
    struct stat status{};
    return lstat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

void note_failure(DirectoryReport& report, const std::string& filename, const std::string& error) {
    ++report.files_failed;
    if (report.failed_files.size() < failed_files_named_max) {
        report.failed_files.push_back({filename, error});
    }
}

}  // namespace

void DirectoryIngest::check(const CallContext& context, const IngestDirectory& request) {
    require_role(context, Role::writer, "ingest folders");
    check_metadata(request.metadata);
    find_folder(context, request);
    require_collection_to_fill(context, store_, request.collection);
}

AllowedPath DirectoryIngest::find_folder(const CallContext& context,
                                         const IngestDirectory& request) const {
    const AllowedPath folder = request.include_hidden
                                   ? files_.resolve_hidden(context.caller, request.path)
                                   : files_.resolve(context.caller, request.path);
    if (files_.kind(folder) != PathKind::directory) {
        throw Error(ErrorCode::not_found, fmt::format("Directory not found: {}", request.path));
    }
    return folder;
}

DirectoryReport DirectoryIngest::run(const CallContext& context, const IngestDirectory& request,
                                     JobNotes& notes) {
    check(context, request);
    const AllowedPath folder = find_folder(context, request);
    const Collection collection = require_collection_to_fill(context, store_, request.collection);
    DirectoryReport report;
    report.collection = collection.name;
    report.pruned = request.prune;
    if (request.include_document_ids) {
        report.document_ids.emplace();
    }
    WalkOptions options;
    options.extensions = request.extensions;
    options.depth = request.recursive ? Depth::whole_tree : Depth::folder_only;
    options.hidden = request.include_hidden ? HiddenFiles::include : HiddenFiles::leave_out;
    DirectoryWalk walk(files_, context.caller, folder, options);
    context.report({0, std::nullopt, "Reading the folder"});
    int unavailable_in_a_row = 0;
    while (const std::optional<WalkedFile> file = walk.next(context)) {
        ++report.files_found;
        take(context, collection, request, *file, report, unavailable_in_a_row);
        notes.set_progress({{"files_found", report.files_found},
                            {"files_ingested", report.files_ingested},
                            {"files_failed", report.files_failed}});
        context.report({static_cast<double>(report.files_found), std::nullopt, file->relative});
    }
    if (request.prune) {
        prune(context, collection, request, folder, report);
    }
    return report;
}

void DirectoryIngest::take(const CallContext& context, const Collection& collection,
                           const IngestDirectory& request, const WalkedFile& file,
                           DirectoryReport& report, int& unavailable_in_a_row) {
    if (!file.problem.empty()) {
        note_failure(report, file.relative, file.problem);
        return;
    }
    CallContext silent = context;  // Progress is told by file, not by batch.
    silent.on_progress = {};
    try {
        const IngestedDocument ingested =
            ingest_.read_file(silent, collection, file.path, file.relative, request.metadata);
        unavailable_in_a_row = 0;
        ++report.files_ingested;
        report.files_unchanged += ingested.status == IngestStatus::unchanged ? 1 : 0;
        report.files_updated += ingested.status == IngestStatus::updated ? 1 : 0;
        report.total_chunks += ingested.num_chunks;
        if (report.document_ids) {
            report.document_ids->push_back(ingested.document_id);
        }
    } catch (const Error& error) {
        if (ends_all(error) || (error.code() == ErrorCode::unavailable &&
                                ++unavailable_in_a_row >= unavailable_in_a_row_max)) {
            throw;
        }
        note_failure(report, file.relative, error.message());
    }
}

/// Lets go of documents whose file is no longer there. A file that is there but was left out of
/// this walk (ignored, other extension) keeps its document.
void DirectoryIngest::prune(const CallContext& context, const Collection& collection,
                            const IngestDirectory& request, const AllowedPath& folder,
                            DirectoryReport& report) {
    const std::string prefix = folder_identity_prefix(folder.path);
    for (const IdentifiedDocument& document :
         store_.list_identities(context, collection.id, prefix)) {
        context.check();
        const std::optional<std::string> path = path_of(document.identity);
        if (!path || !is_gone(*path)) {
            continue;
        }
        const bool below =
            path->find('/', prefix.size() - file_identity("").size()) != std::string::npos;
        if (below && !request.recursive) {
            continue;
        }
        if (store_.delete_document(context, document.id)) {
            ++report.files_removed;
        }
    }
}

}  // namespace rag::memory
