#include "memory/directory_plan.hpp"

#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "memory/directory_ingest.hpp"
#include "memory/folder_documents.hpp"
#include "memory/identity.hpp"
#include "rag/error.hpp"
#include "text/chunk.hpp"

#include <algorithm>

namespace rag::memory {

DirectoryEstimate DirectoryPlan::estimate(const CallContext& context,
                                          const IngestDirectory& request,
                                          MissingCollection missing) {
    require_role(context, Role::writer, "ingest folders");
    check_metadata(request.metadata);
    const AllowedPath folder = find_directory(context, files_, request);
    DirectoryEstimate estimate;
    estimate.collection = request.collection;
    estimate.pruned = request.prune;
    std::optional<CollectionId> collection;
    if (missing == MissingCollection::is_an_error ||
        store_.find_collection_uncounted(context, request.collection)) {
        collection = require_collection_to_fill(context, store_, request.collection).id;
    }
    DirectoryWalk walk(files_, context.caller, folder, walk_options(request));
    while (const std::optional<WalkedFile> file = walk.next(context)) {
        ++estimate.files_found;
        count(context, request, collection, *file, estimate);
        context.report({static_cast<double>(estimate.files_found), std::nullopt, file->relative});
    }
    if (request.prune && collection) {
        estimate.files_removed = static_cast<std::int64_t>(
            list_documents_to_prune(context, store_, *collection, folder, request).size());
    }
    return estimate;
}

void DirectoryPlan::count(const CallContext& context, const IngestDirectory& request,
                          std::optional<CollectionId> collection, const WalkedFile& file,
                          DirectoryEstimate& estimate) {
    try {
        if (!file.problem.empty()) {
            throw Error(ErrorCode::invalid_argument, file.problem);
        }
        const SourceDocument source =
            ingest_.load_file(context, file.path, file.relative, request.metadata);
        const std::optional<DocumentSummary> known =
            collection ? store_.find_by_identity(context, *collection, source.identity)
                       : std::nullopt;
        if (known && known->content_hash == content_hash(source.content)) {
            ++estimate.files_unchanged;
            return;
        }
        (known ? estimate.files_changed : estimate.files_new) += 1;
        estimate.bytes += source.file_size;
        const std::string& title = known ? known->filename : source.filename;
        for (const text::TextChunk& chunk : text::chunk_text(source.content, source.format)) {
            ++estimate.chunks;
            estimate.tokens +=
                estimate_tokens(text::indexed_text(title, chunk.heading_path, chunk.content));
        }
    } catch (const Error& error) {
        if (error.code() == ErrorCode::cancelled || error.code() == ErrorCode::unavailable ||
            error.code() == ErrorCode::deadline_exceeded) {
            throw;
        }
        ++estimate.files_failed;
        if (estimate.failed_files.size() < failed_files_named_max) {
            estimate.failed_files.push_back({file.relative, error.message()});
        }
    }
}

std::int64_t estimate_tokens(std::string_view text) {
    constexpr std::int64_t quarters_by_token = 4;
    constexpr char32_t ideographs_begin = 0x2E80;
    std::int64_t quarters = 0;
    for (std::size_t at = 0; at < text.size();) {
        const DecodedCodePoint point = decode_utf8(text, at);
        quarters += point.value < 0x80 ? 1 : (point.value < ideographs_begin ? 2 : 4);
        at += point.bytes;
    }
    return (quarters + quarters_by_token - 1) / quarters_by_token;
}

}  // namespace rag::memory
