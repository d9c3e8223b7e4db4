#include "rag/error.hpp"
#include "support/fake_store.hpp"
#include "text/chunk.hpp"
#include "text/fold.hpp"
#include "text/words.hpp"

#include <algorithm>

namespace rag::test {
namespace {

/// U+0000 is kept as U+FFFD.
std::string kept(const std::string& text) {
    std::string result;
    for (const char c : text) {
        result += c == '\0' ? std::string("\xEF\xBF\xBD") : std::string(1, c);
    }
    return result;
}

Metadata kept(const Metadata& value) {
    if (value.is_string()) {
        return kept(value.get<std::string>());
    }
    Metadata result = value;
    if (value.is_array()) {
        for (Metadata& element : result) {
            element = kept(element);
        }
    } else if (value.is_object()) {
        result = Metadata::object();
        for (const auto& [key, inner] : value.items()) {
            result[kept(key)] = kept(inner);
        }
    }
    return result;
}

}  // namespace

FakeStore::Entry& FakeStore::entry(DocumentId id) {
    const auto found = documents_.find(id);
    if (found == documents_.end()) {
        throw Error(ErrorCode::not_found, "Document " + std::to_string(id) + " not found");
    }
    return found->second;
}

std::vector<std::string> FakeStore::names_of(const Entry& entry) const {
    std::vector<std::string> names;
    for (const auto& [collection, identity] : entry.in) {
        names.push_back(collections_.at(collection).name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::optional<std::string> FakeStore::identity_of(const Entry& entry) const {
    for (const auto& [collection, identity] : entry.in) {
        if (identity) {
            return identity;
        }
    }
    return std::nullopt;
}

DocumentSummary FakeStore::summarise(const Entry& entry) const {
    const Document& document = entry.present.document;
    DocumentSummary summary;
    summary.id = document.id;
    summary.filename = document.filename;
    summary.file_type = document.file_type;
    summary.file_size = document.file_size;
    summary.chunk_count = static_cast<std::int64_t>(entry.chunks.size());
    summary.metadata = document.metadata;
    summary.content_hash = document.content_hash;
    summary.identity = identity_of(entry);
    summary.version = document.version;
    summary.created_at = document.created_at;
    summary.updated_at = document.updated_at;
    summary.collections = names_of(entry);
    return summary;
}

std::vector<const FakeStore::Entry*> FakeStore::newest_first() const {
    std::vector<const Entry*> list;
    for (const auto& [id, entry] : documents_) {
        list.push_back(&entry);
    }
    std::sort(list.begin(), list.end(), [](const Entry* a, const Entry* b) {
        const Document& one = a->present.document;
        const Document& two = b->present.document;
        return one.updated_at != two.updated_at ? one.updated_at > two.updated_at : one.id > two.id;
    });
    return list;
}

const FakeStore::Entry* FakeStore::holder(CollectionId collection,
                                          std::string_view identity) const {
    for (const auto& [id, entry] : documents_) {
        const auto found = entry.in.find(collection);
        if (found != entry.in.end() && found->second == identity) {
            return &entry;
        }
    }
    return nullptr;
}

/// Of the vectors of chunks that are about to be stored in the document.
EmbeddingSpace FakeStore::space_of(const Entry& entry, const std::vector<NewChunk>& chunks) const {
    const EmbeddingSpace& space = collections_.at(entry.in.begin()->first).space;
    for (const NewChunk& chunk : chunks) {
        if (chunk.embedding.empty()) {
            continue;
        }
        for (const auto& [collection, identity] : entry.in) {
            if (!(collections_.at(collection).space == space)) {
                throw Error(ErrorCode::conflict, "The collections have different models.");
            }
        }
        if (chunk.embedding_space && !(*chunk.embedding_space == space)) {
            throw Error(ErrorCode::conflict, "The embedding is another model's.");
        }
        if (static_cast<int>(chunk.embedding.size()) != space.dimensions) {
            throw Error(ErrorCode::invalid_argument, "A vector has a wrong number of dimensions.");
        }
    }
    return space;
}

void FakeStore::store_chunks(Entry& entry, const std::vector<NewChunk>& chunks) {
    const EmbeddingSpace space = space_of(entry, chunks);
    entry.chunks.clear();
    for (const NewChunk& given : chunks) {
        StoredChunk made;
        made.chunk.id = ++last_chunk_;
        made.chunk.document_id = entry.present.document.id;
        made.chunk.chunk_index = static_cast<std::int64_t>(entry.chunks.size());
        made.chunk.content = kept(given.content);
        made.chunk.char_start = given.char_start;
        made.chunk.char_end = given.char_end;
        made.chunk.heading_path = kept(given.heading_path);
        made.chunk.metadata = kept(given.metadata);
        if (!given.embedding.empty()) {
            made.vectors.push_back({space, given.embedding});
        }
        made.terms = text::index_terms(text::indexed_text(
            entry.present.document.filename, made.chunk.heading_path, made.chunk.content));
        made.text_key = text::fold_key(made.chunk.content);
        entry.chunks.push_back(std::move(made));
    }
}

void FakeStore::record(ChangeKind kind, const Entry& entry) {
    for (const auto& [collection, identity] : entry.in) {
        changes_.push_back({kind, collection, entry.present.document.id});
    }
}

void FakeStore::share(DocumentId document, CollectionId collection) {
    const std::scoped_lock lock(mutex_);
    entry(document).in[collection] = std::nullopt;
}

DocumentAdded FakeStore::add_document(const CallContext& context, const NewDocument& given) {
    context.check();
    const std::scoped_lock lock(mutex_);
    if (!collections_.contains(given.collection)) {
        throw Error(ErrorCode::not_found, "The collection is gone.");
    }
    std::optional<std::string> identity;
    if (given.identity) {
        identity = kept(*given.identity);
        if (const Entry* there = holder(given.collection, *identity)) {
            return {false, there->present.document.id, {}};
        }
    }
    Entry made;
    Document& document = made.present.document;
    document.id = last_document_ + 1;
    document.filename = kept(given.filename);
    document.content = kept(given.content);
    document.file_type = given.file_type;
    document.file_size = given.file_size;
    document.metadata = kept(given.metadata);
    document.content_hash = given.content_hash;
    document.created_at = document.updated_at = made.present.content_at = clock_.now();
    made.in[given.collection] = identity;
    store_chunks(made, given.chunks);
    DocumentAdded added{true, ++last_document_, {}};
    for (const StoredChunk& chunk : made.chunks) {
        added.chunk_ids.push_back(chunk.chunk.id);
    }
    record(ChangeKind::document_changed, made);
    documents_[added.id] = std::move(made);
    return added;
}

bool FakeStore::set_identity(Entry& entry, const std::string& identity) {
    bool changed = false;
    for (auto& [collection, present] : entry.in) {
        const Entry* there = holder(collection, identity);
        if (there == &entry) {
            continue;
        }
        const auto next = there != nullptr ? std::nullopt : std::optional(identity);
        changed = changed || next != present;
        present = next;
    }
    return changed;
}

DocumentUpdated FakeStore::update_document(const CallContext& context, DocumentId id,
                                           const DocumentUpdate& update) {
    context.check();
    const std::scoped_lock lock(mutex_);
    Entry& there = entry(id);
    Document& document = there.present.document;
    if ((update.expected_version && *update.expected_version != document.version) ||
        (update.expected_filename && kept(*update.expected_filename) != document.filename)) {
        throw Error(ErrorCode::conflict, "The document was changed meanwhile.");
    }
    const bool content = update.content && update.content->content_hash != document.content_hash;
    const bool filename = update.filename && kept(*update.filename) != document.filename;
    const bool chunks =
        update.chunks && (content || filename || (!update.content && !update.filename));
    DocumentUpdated result;
    result.old_chunk_count = static_cast<std::int64_t>(there.chunks.size());
    if (chunks) {
        space_of(there, *update.chunks);  // Throws before anything is written.
    }
    const Timestamp now = clock_.now();
    if (content) {
        there.former.push_back(there.present);
        if (there.former.size() >= document_versions_kept) {
            there.former.erase(there.former.begin());
        }
        document.content = kept(update.content->content);
        document.content_hash = update.content->content_hash;
        document.file_size = update.content->file_size;
        ++document.version;
        there.present.content_at = now;
    }
    if (filename) {
        document.filename = kept(*update.filename);
    }
    bool metadata = false;
    if (update.metadata) {
        Metadata merged = effective_metadata(document.metadata, kept(*update.metadata));
        metadata = merged != document.metadata;
        document.metadata = std::move(merged);
    }
    if (chunks) {
        store_chunks(there, *update.chunks);
    }
    const bool identity = update.identity && set_identity(there, kept(*update.identity));
    result.changed = content || filename || chunks || metadata || identity;
    if (result.changed) {
        document.updated_at = std::max(now, document.updated_at);
        record(ChangeKind::document_changed, there);
    }
    result.version = document.version;
    result.new_chunk_count = static_cast<std::int64_t>(there.chunks.size());
    for (const StoredChunk& chunk : there.chunks) {
        result.chunk_ids.push_back(chunk.chunk.id);
    }
    return result;
}

std::optional<DeletedDocument> FakeStore::delete_document(const CallContext& context,
                                                          DocumentId id) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const auto found = documents_.find(id);
    if (found == documents_.end()) {
        return std::nullopt;
    }
    const Entry& there = found->second;
    DeletedDocument deleted{there.present.document.filename,
                            static_cast<std::int64_t>(there.chunks.size()), names_of(there)};
    record(ChangeKind::document_deleted, there);
    documents_.erase(found);
    return deleted;
}

std::optional<DocumentSummary> FakeStore::find_document(const CallContext& context, DocumentId id) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const auto found = documents_.find(id);
    return found == documents_.end() ? std::nullopt : std::optional(summarise(found->second));
}

std::optional<DocumentSummary> FakeStore::find_by_identity(const CallContext& context,
                                                           CollectionId collection,
                                                           std::string_view identity) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const Entry* there = holder(collection, kept(std::string(identity)));
    return there == nullptr ? std::nullopt : std::optional(summarise(*there));
}

std::optional<DocumentSummary> FakeStore::find_newest_text(const CallContext& context,
                                                           CollectionId collection,
                                                           std::string_view title) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const Entry* newest = nullptr;  // Ids grow, and times with them.
    for (const auto& [id, entry] : documents_) {
        const Document& document = entry.present.document;
        if (entry.in.contains(collection) && document.file_type == "text" &&
            document.filename == title &&
            (newest == nullptr || document.created_at >= newest->present.document.created_at)) {
            newest = &entry;
        }
    }
    return newest == nullptr ? std::nullopt : std::optional(summarise(*newest));
}

std::optional<Document> FakeStore::get_document(const CallContext& context, DocumentId id,
                                                std::optional<std::int64_t> version) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const auto found = documents_.find(id);
    if (found == documents_.end()) {
        return std::nullopt;
    }
    const Entry& there = found->second;
    std::optional<Document> document;
    if (!version || *version == there.present.document.version) {
        document = there.present.document;
    }
    for (const Version& former : there.former) {
        if (version == former.document.version) {
            document = former.document;
        }
    }
    if (document) {
        document->identity = identity_of(there);
        document->collections = names_of(there);
        document->versions = static_cast<std::int64_t>(there.former.size()) + 1;
        document->updated_at = there.present.document.updated_at;
    }
    return document;
}

std::vector<Chunk> FakeStore::get_chunks(const CallContext& context, DocumentId id,
                                         std::int64_t first, std::int64_t count) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::vector<Chunk> list;
    const auto found = documents_.find(id);
    if (found != documents_.end()) {
        for (const StoredChunk& stored : found->second.chunks) {
            const std::int64_t index = stored.chunk.chunk_index;
            if (index >= first && index - std::max<std::int64_t>(first, INT64_MIN / 2) < count) {
                list.push_back(stored.chunk);
            }
        }
    }
    return list;
}

DocumentPage FakeStore::list_documents(const CallContext& context, const DocumentQuery& query) {
    context.check();
    const std::scoped_lock lock(mutex_);
    DocumentPage page;
    for (const Entry* entry : newest_first()) {
        const bool inside =
            !query.collections ||
            std::any_of(query.collections->begin(), query.collections->end(),
                        [&](CollectionId collection) { return entry->in.contains(collection); });
        if (!inside || !matches(query.filter, entry->present.document.metadata)) {
            continue;
        }
        if (page.total_count >= query.offset &&
            static_cast<std::int64_t>(page.documents.size()) < query.limit) {
            page.documents.push_back(summarise(*entry));
        }
        ++page.total_count;
    }
    return page;
}

std::vector<DocumentVersion> FakeStore::list_versions(const CallContext& context, DocumentId id) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::vector<DocumentVersion> list;
    const auto found = documents_.find(id);
    if (found != documents_.end()) {
        std::vector<Version> all = found->second.former;
        all.push_back(found->second.present);
        for (const Version& version : all) {
            list.push_back({version.document.version, version.document.content_hash,
                            version.document.file_size, version.content_at, false});
        }
        list.back().current = true;
    }
    return list;
}

std::vector<IdentifiedDocument> FakeStore::list_identities(const CallContext& context,
                                                           CollectionId collection,
                                                           std::string_view prefix) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::vector<IdentifiedDocument> list;
    for (const auto& [id, entry] : documents_) {
        const auto found = entry.in.find(collection);
        if (found != entry.in.end() && found->second && found->second->starts_with(prefix)) {
            list.push_back({id, *found->second, entry.present.document.content_hash});
        }
    }
    std::sort(list.begin(), list.end(),
              [](const auto& a, const auto& b) { return a.identity < b.identity; });
    return list;
}

}  // namespace rag::test
