#include "memory/directory_ingest.hpp"

#include "memory/caller_rules.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

namespace rag::memory {
namespace {

bool ends_all(const Error& error) {
    return error.code() == ErrorCode::cancelled || error.code() == ErrorCode::deadline_exceeded;
}

void note_failure(DirectoryReport& report, const std::string& filename, const std::string& error) {
    ++report.files_failed;
    if (report.failed_files.size() < failed_files_named_max) {
        report.failed_files.push_back({filename, error});
    }
}

}  // namespace

AllowedPath find_directory(const CallContext& context, const FileAccess& files,
                           const IngestDirectory& request) {
    const AllowedPath folder = request.include_hidden
                                   ? files.resolve_hidden(context.caller, request.path)
                                   : files.resolve(context.caller, request.path);
    if (files.kind(folder) != PathKind::directory) {
        throw Error(ErrorCode::not_found, fmt::format("Directory not found: {}", request.path));
    }
    return folder;
}

WalkOptions walk_options(const IngestDirectory& request) {
    WalkOptions options;
    options.extensions = request.extensions;
    options.depth = request.recursive ? Depth::whole_tree : Depth::folder_only;
    options.hidden = request.include_hidden ? HiddenFiles::include : HiddenFiles::leave_out;
    return options;
}

std::vector<FileDocument> list_documents_to_prune(const CallContext& context, Store& store,
                                                  CollectionId collection,
                                                  const AllowedPath& folder,
                                                  const IngestDirectory& request) {
    std::vector<FileDocument> documents =
        list_file_documents(context, store, collection, folder.path);
    const std::size_t name_at = folder.path.size() + (folder.path == "/" ? 0 : 1);
    std::erase_if(documents, [&](const FileDocument& document) {
        const bool below = document.path.find('/', name_at) != std::string::npos;
        return (below && !request.recursive) || !is_file_gone(document.path);
    });
    return documents;
}

void DirectoryIngest::check(const CallContext& context, const IngestDirectory& request) {
    require_role(context, Role::writer, "ingest folders");
    check_metadata(request.metadata);
    find_directory(context, files_, request);
    require_collection_to_fill(context, store_, request.collection);
}

DirectoryReport DirectoryIngest::run(const CallContext& context, const IngestDirectory& request,
                                     JobNotes& notes) {
    check(context, request);
    const AllowedPath folder = find_directory(context, files_, request);
    const Collection collection = require_collection_to_fill(context, store_, request.collection);
    DirectoryReport report;
    report.collection = collection.name;
    report.pruned = request.prune;
    if (request.include_document_ids) {
        report.document_ids.emplace();
    }
    DirectoryWalk walk(files_, context.caller, folder, walk_options(request));
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

void DirectoryIngest::prune(const CallContext& context, const Collection& collection,
                            const IngestDirectory& request, const AllowedPath& folder,
                            DirectoryReport& report) {
    const std::vector<FileDocument> documents =
        list_documents_to_prune(context, store_, collection.id, folder, request);
    for (const FileDocument& document : documents) {
        context.check();
        find_directory(context, files_, request);  // Unmounted by now, it takes no document along.
        report.files_removed += remove_file_document(context, store_, document.id) ? 1 : 0;
    }
}

}  // namespace rag::memory
