#include "memory/documents.hpp"

#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "memory/identity.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rag::memory {
namespace {

constexpr int attempts_max = 5;

void check_at_least(const char* argument, std::int64_t value, std::int64_t least) {
    if (value < least) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`{}` must be {} or more, but is {}.", argument, least, value));
    }
}

[[noreturn]] void throw_version_missing(DocumentId id, std::int64_t version) {
    throw Error(ErrorCode::not_found,
                fmt::format("Document {} has no version {}; version 1 is the oldest, and the "
                            "newest {} are kept.",
                            id, version, document_versions_kept));
}

std::vector<std::string> list_fields(const UpdateDocument& request) {
    std::vector<std::string> fields;
    if (request.metadata) {
        fields.emplace_back("metadata");
    }
    if (request.title) {
        fields.emplace_back("title");
    }
    if (request.content) {
        fields.emplace_back("content");
    }
    return fields;
}

UpdateDocument checked(const UpdateDocument& request) {
    if (!request.content && !request.title && !request.metadata) {
        throw Error(ErrorCode::invalid_argument,
                    "At least one of content, title, or metadata must be provided");
    }
    UpdateDocument clean = request;
    if (clean.metadata) {
        check_metadata(*clean.metadata);
    }
    if (clean.title) {
        if (is_blank(*clean.title)) {
            throw Error(ErrorCode::invalid_argument,
                        "`title` cannot be empty; leave it out to keep the title.");
        }
        check_title("title", *clean.title);
    }
    if (clean.content) {
        clean.content = clean_content(*std::move(clean.content), "`content`");
    }
    return clean;
}

/// The identity of a handed-over text after a change of its title or content; null where it stays.
std::optional<std::string> changed_identity(const DocumentSummary& known,
                                            const DocumentUpdate& update) {
    if (known.file_type != "text" || (!update.filename && !update.content)) {
        return std::nullopt;
    }
    const ContentHash& hash = update.content ? update.content->content_hash : known.content_hash;
    if (update.filename) {
        return text_identity(*update.filename, hash);
    }
    if (!known.identity) {
        return std::nullopt;
    }
    const bool untitled = *known.identity == text_identity("", known.content_hash);
    return text_identity(untitled ? std::string() : known.filename, hash);
}

}  // namespace

DocumentView Documents::get(const CallContext& context, const GetDocument& request) {
    check_at_least("offset", request.offset, 0);
    check_at_least("max_chars", request.max_chars, 1);
    require_document(context, store_, request.document_id);
    std::optional<Document> found =
        store_.get_document(context, request.document_id, request.version);
    if (!found) {
        if (request.version) {
            throw_version_missing(request.document_id, *request.version);
        }
        throw Error(ErrorCode::not_found,
                    fmt::format("Document {} not found", request.document_id));
    }
    DocumentView view{*std::move(found), {}, {}};
    view.document.collections = visible_names(context.caller, view.document.collections);
    view.document.content =
        cut_content(view.document.content, request.offset, request.max_chars, view.next_offset);
    if (request.include_chunks) {
        const bool current = !request.version || store_.find_document(context, request.document_id)
                                                         .value_or(DocumentSummary{})
                                                         .version == *request.version;
        view.chunks =
            current ? store_.get_chunks(context, request.document_id) : std::vector<Chunk>{};
    }
    return view;
}

DocumentList Documents::list(const CallContext& context, const ListDocuments& request) {
    check_at_least("limit", request.limit, 1);
    check_at_least("offset", request.offset, 0);
    DocumentQuery query;
    query.filter = request.filter;
    query.limit = std::min(request.limit, documents_listed_max);
    query.offset = request.offset;
    if (request.collection) {
        query.collections = {require_collection(context, store_, *request.collection).id};
    } else if (!context.caller.collections.empty()) {
        query.collections.emplace();
        for (const std::string& name : context.caller.collections) {
            if (const auto collection = store_.find_collection_uncounted(context, name)) {
                query.collections->push_back(collection->id);
            }
        }
        if (query.collections->empty()) {
            return {};
        }
    }
    DocumentPage page = store_.list_documents(context, query);
    DocumentList list{std::move(page.documents), page.total_count, false};
    for (DocumentSummary& document : list.documents) {
        document.collections = visible_names(context.caller, document.collections);
    }
    list.has_more =
        request.offset + static_cast<std::int64_t>(list.documents.size()) < list.total_count;
    return list;
}

UpdatedDocument Documents::update(const CallContext& context, const UpdateDocument& request) {
    require_role(context, Role::writer, "change a document");
    const UpdateDocument clean = checked(request);
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        context.check();
        if (const std::optional<UpdatedDocument> updated = try_update(context, clean)) {
            return *updated;
        }
    }
    throw Error(ErrorCode::conflict,
                fmt::format("Document {} is being changed by others at this moment; try again.",
                            request.document_id));
}

/// Null when the document was changed by another call in the meantime.
std::optional<UpdatedDocument> Documents::try_update(const CallContext& context,
                                                     const UpdateDocument& request) {
    const DocumentSummary known = require_document_to_change(context, store_, request.document_id);
    UpdatedDocument result{request.document_id, list_fields(request), known.chunk_count,
                           known.chunk_count, known.version};
    DocumentUpdate update;
    if (request.title && *request.title != known.filename) {
        update.filename = request.title;
    }
    if (request.content) {
        ContentHash hash = content_hash(*request.content);
        if (hash != known.content_hash) {
            update.content = {*request.content, static_cast<std::int64_t>(request.content->size()),
                              std::move(hash)};
        }
    }
    if (request.metadata && !holds_metadata(known.metadata, *request.metadata)) {
        update.metadata = request.metadata;
    }
    update.identity = changed_identity(known, update);
    if (update.filename || update.content) {
        check_spaces(context, known);
        update.expected_version = known.version;
        update.expected_filename = known.filename;
        std::string content;
        if (update.content) {
            content = update.content->content;
        } else if (std::optional<Document> whole =
                       store_.get_document(context, request.document_id)) {
            content = std::move(whole->content);
        }
        update.chunks = writer_.make_chunks(context, update.filename.value_or(known.filename),
                                            content, format_of(known.file_type));
    } else if (!update.metadata) {
        return result;
    }
    try {
        const DocumentUpdated updated =
            store_.update_document(context, request.document_id, update);
        result.old_chunk_count = updated.old_chunk_count;
        result.new_chunk_count = updated.new_chunk_count;
        result.version = updated.version;
        return result;
    } catch (const Error& error) {
        if (error.code() == ErrorCode::conflict) {
            return std::nullopt;
        }
        throw;
    }
}

DeletedDocument Documents::remove(const CallContext& context, DocumentId id) {
    require_role(context, Role::writer, "delete a document");
    require_document_to_change(context, store_, id);
    if (std::optional<DeletedDocument> deleted = store_.delete_document(context, id)) {
        return *std::move(deleted);
    }
    throw Error(ErrorCode::not_found, fmt::format("Document {} not found", id));
}

std::vector<DocumentVersion> Documents::list_versions(const CallContext& context, DocumentId id) {
    require_document(context, store_, id);
    return store_.list_versions(context, id);
}

UpdatedDocument Documents::restore(const CallContext& context,
                                   const RestoreDocumentVersion& request) {
    require_role(context, Role::writer, "change a document");
    require_document_to_change(context, store_, request.document_id);
    std::optional<Document> old =
        store_.get_document(context, request.document_id, request.version);
    if (!old) {
        throw_version_missing(request.document_id, request.version);
    }
    UpdateDocument update;
    update.document_id = request.document_id;
    update.content = std::move(old->content);
    return this->update(context, update);
}

/// A document's chunks have vectors of one model, which every collection of it must have.
void Documents::check_spaces(const CallContext& context, const DocumentSummary& document) {
    for (const std::string& name : document.collections) {
        if (const auto collection = store_.find_collection_uncounted(context, name)) {
            require_space(*collection, writer_.space());
        }
    }
}

std::string cut_content(const std::string& content, std::int64_t offset, std::int64_t max_chars,
                        std::optional<std::int64_t>& next_offset) {
    const std::string_view rest = std::string_view(content).substr(byte_offset(content, offset));
    const std::string_view part = first_code_points(rest, max_chars);
    next_offset.reset();
    if (part.size() < rest.size()) {
        next_offset = offset + max_chars;
    }
    return std::string(part);
}

}  // namespace rag::memory
