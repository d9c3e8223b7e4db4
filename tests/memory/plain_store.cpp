#include "memory/plain_store.hpp"

#include "base/utf8.hpp"
#include "rag/error.hpp"
#include "text/chunk.hpp"
#include "text/fold.hpp"
#include "text/words.hpp"

#include <algorithm>

namespace rag::test {
namespace {

Error missing(DocumentId id) {
    return {ErrorCode::not_found, "Document " + std::to_string(id) + " not found"};
}

}  // namespace

void PlainStore::enter() const {
    if (before_each) {
        before_each();
    }
}

Collection* PlainStore::find(std::string_view name) {
    for (auto& [id, collection] : collections_) {
        if (collection.name == name) {
            return &collection;
        }
    }
    return nullptr;
}

Collection PlainStore::counted(Collection collection) const {
    for (const auto& [id, stored] : documents_) {
        if (stored.in.contains(collection.id)) {
            ++collection.document_count;
            collection.chunk_count += static_cast<std::int64_t>(stored.chunks.size());
        }
    }
    return collection;
}

std::vector<std::string> PlainStore::names_of(const std::set<CollectionId>& ids) const {
    std::vector<std::string> names;
    for (const CollectionId id : ids) {
        names.push_back(collections_.at(id).name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

DocumentSummary PlainStore::summarise(const Stored& stored) const {
    const Document& d = stored.document;
    DocumentSummary summary;
    summary.id = d.id;
    summary.filename = d.filename;
    summary.file_type = d.file_type;
    summary.file_size = d.file_size;
    summary.chunk_count = static_cast<std::int64_t>(stored.chunks.size());
    summary.metadata = d.metadata;
    summary.content_hash = d.content_hash;
    summary.identity = d.identity;
    summary.version = d.version;
    summary.created_at = d.created_at;
    summary.updated_at = d.updated_at;
    summary.collections = names_of(stored.in);
    return summary;
}

std::vector<PlainStore::StoredChunk> PlainStore::store_chunks(DocumentId id,
                                                              const std::string& title,
                                                              const std::vector<NewChunk>& chunks) {
    std::vector<StoredChunk> stored;
    for (const NewChunk& chunk : chunks) {
        StoredChunk one;
        one.chunk = {++last_chunk_,
                     id,
                     static_cast<std::int64_t>(stored.size()),
                     chunk.content,
                     chunk.char_start,
                     chunk.char_end,
                     chunk.heading_path,
                     chunk.metadata};
        one.embedding = chunk.embedding;
        one.terms = text::index_terms(text::indexed_text(title, chunk.heading_path, chunk.content));
        one.text_key = text::fold_key(chunk.content);
        stored.push_back(std::move(one));
    }
    return stored;
}

Collection PlainStore::create_collection(const CallContext&, const NewCollection& wanted) {
    const std::scoped_lock lock(mutex_);
    enter();
    if (find(wanted.name) != nullptr) {
        throw Error(ErrorCode::conflict, "Collection '" + wanted.name + "' already exists");
    }
    Collection collection{
        ++last_collection_, wanted.name, wanted.description, wanted.space, clock_.now(), 0, 0};
    collections_[collection.id] = collection;
    return collection;
}

std::optional<Collection> PlainStore::find_collection(const CallContext&, std::string_view name) {
    const std::scoped_lock lock(mutex_);
    enter();
    const Collection* found = find(name);
    return found == nullptr ? std::nullopt : std::optional(counted(*found));
}

std::vector<Collection> PlainStore::list_collections(const CallContext&) {
    const std::scoped_lock lock(mutex_);
    enter();
    std::vector<Collection> list;
    for (const auto& [id, collection] : collections_) {
        list.insert(list.begin(), counted(collection));
    }
    return list;
}

bool PlainStore::update_collection_description(const CallContext&, std::string_view name,
                                               std::string_view description) {
    const std::scoped_lock lock(mutex_);
    enter();
    Collection* found = find(name);
    if (found != nullptr) {
        found->description = description;
    }
    return found != nullptr;
}

std::optional<CollectionDetails> PlainStore::describe_collection(const CallContext&,
                                                                 std::string_view name) {
    const std::scoped_lock lock(mutex_);
    enter();
    const Collection* found = find(name);
    if (found == nullptr) {
        return std::nullopt;
    }
    CollectionDetails details{counted(*found), {}, {}, 0};
    for (const auto& [id, stored] : documents_) {
        if (stored.in.contains(found->id)) {
            details.size_bytes += static_cast<std::int64_t>(stored.document.content.size());
            if (details.sample_documents.size() < 5) {
                details.sample_documents.push_back(stored.document.filename);
            }
        }
    }
    return details;
}

std::optional<DeletedCollection> PlainStore::delete_collection(const CallContext&,
                                                               std::string_view name) {
    const std::scoped_lock lock(mutex_);
    enter();
    const Collection* found = find(name);
    if (found == nullptr) {
        return std::nullopt;
    }
    const CollectionId id = found->id;
    DeletedCollection deleted;
    for (auto entry = documents_.begin(); entry != documents_.end();) {
        const bool was_in = entry->second.in.erase(id) > 0;
        if (!was_in || !entry->second.in.empty()) {
            ++entry;
            continue;
        }
        ++deleted.documents_deleted;
        deleted.chunks_deleted += static_cast<std::int64_t>(entry->second.chunks.size());
        entry = documents_.erase(entry);
    }
    collections_.erase(id);
    return deleted;
}

DocumentAdded PlainStore::add_document(const CallContext&, const NewDocument& wanted) {
    const std::scoped_lock lock(mutex_);
    enter();
    if (!collections_.contains(wanted.collection)) {
        throw Error(ErrorCode::not_found, "The collection is gone.");
    }
    for (const auto& [id, stored] : documents_) {
        if (wanted.identity && stored.document.identity == wanted.identity &&
            stored.in.contains(wanted.collection)) {
            return {false, id, {}};
        }
    }
    Stored stored;
    Document& d = stored.document;
    d.id = ++last_document_;
    d.filename = wanted.filename;
    d.content = wanted.content;
    d.file_type = wanted.file_type;
    d.file_size = wanted.file_size;
    d.metadata = wanted.metadata;
    d.content_hash = wanted.content_hash;
    d.identity = wanted.identity;
    d.created_at = d.updated_at = clock_.now();
    stored.in = {wanted.collection};
    stored.order = ++last_order_;
    stored.chunks = store_chunks(d.id, d.filename, wanted.chunks);
    DocumentAdded added{true, d.id, {}};
    for (const StoredChunk& chunk : stored.chunks) {
        added.chunk_ids.push_back(chunk.chunk.id);
    }
    documents_[d.id] = std::move(stored);
    return added;
}

DocumentUpdated PlainStore::update_document(const CallContext&, DocumentId id,
                                            const DocumentUpdate& update) {
    const std::scoped_lock lock(mutex_);
    enter();
    const auto found = documents_.find(id);
    if (found == documents_.end()) {
        throw missing(id);
    }
    Stored& stored = found->second;
    Document& d = stored.document;
    if (update.expected_version && *update.expected_version != d.version) {
        throw Error(ErrorCode::conflict, "The document changed since it was read.");
    }
    DocumentUpdated result;
    result.old_chunk_count = static_cast<std::int64_t>(stored.chunks.size());
    if (update.filename && *update.filename != d.filename) {
        d.filename = *update.filename;
        result.changed = true;
    }
    if (update.content && update.content->content_hash != d.content_hash) {
        stored.former.push_back(d);
        ++d.version;
        ++d.versions;
        d.content = update.content->content;
        d.content_hash = update.content->content_hash;
        d.file_size = update.content->file_size;
        result.changed = true;
    }
    if (update.metadata) {
        const Metadata before = d.metadata;
        d.metadata.update(*update.metadata);
        result.changed = result.changed || before != d.metadata;
    }
    if (update.chunks) {
        stored.chunks = store_chunks(id, d.filename, *update.chunks);
    }
    if (update.identity) {
        d.identity = update.identity;
    }
    if (result.changed) {
        d.updated_at = clock_.now();
        stored.order = ++last_order_;
    }
    result.version = d.version;
    result.new_chunk_count = static_cast<std::int64_t>(stored.chunks.size());
    return result;
}

std::optional<DeletedDocument> PlainStore::delete_document(const CallContext&, DocumentId id) {
    const std::scoped_lock lock(mutex_);
    enter();
    const auto found = documents_.find(id);
    if (found == documents_.end()) {
        return std::nullopt;
    }
    DeletedDocument deleted{found->second.document.filename,
                            static_cast<std::int64_t>(found->second.chunks.size()),
                            names_of(found->second.in)};
    documents_.erase(found);
    return deleted;
}

std::optional<DocumentSummary> PlainStore::find_document(const CallContext&, DocumentId id) {
    const std::scoped_lock lock(mutex_);
    enter();
    const auto found = documents_.find(id);
    return found == documents_.end() ? std::nullopt : std::optional(summarise(found->second));
}

std::optional<DocumentSummary> PlainStore::find_by_identity(const CallContext&,
                                                            CollectionId collection,
                                                            std::string_view identity) {
    const std::scoped_lock lock(mutex_);
    enter();
    for (const auto& [id, stored] : documents_) {
        if (stored.in.contains(collection) && stored.document.identity == identity) {
            return summarise(stored);
        }
    }
    return std::nullopt;
}

std::optional<DocumentSummary> PlainStore::find_newest_text(const CallContext&,
                                                            CollectionId collection,
                                                            std::string_view title) {
    const std::scoped_lock lock(mutex_);
    enter();
    const Stored* newest = nullptr;
    for (const auto& [id, stored] : documents_) {
        if (stored.in.contains(collection) && stored.document.file_type == "text" &&
            stored.document.filename == title &&
            (newest == nullptr || stored.order > newest->order)) {
            newest = &stored;
        }
    }
    return newest == nullptr ? std::nullopt : std::optional(summarise(*newest));
}

std::optional<Document> PlainStore::get_document(const CallContext&, DocumentId id,
                                                 std::optional<std::int64_t> version) {
    const std::scoped_lock lock(mutex_);
    enter();
    const auto found = documents_.find(id);
    if (found == documents_.end()) {
        return std::nullopt;
    }
    const Stored& stored = found->second;
    Document document = stored.document;
    document.collections = names_of(stored.in);
    if (!version || *version == document.version) {
        return document;
    }
    for (const Document& former : stored.former) {
        if (former.version == *version) {
            document.content = former.content;
            document.content_hash = former.content_hash;
            document.version = former.version;
            return document;
        }
    }
    return std::nullopt;
}

std::vector<Chunk> PlainStore::get_chunks(const CallContext&, DocumentId id, std::int64_t first,
                                          std::int64_t count) {
    const std::scoped_lock lock(mutex_);
    enter();
    std::vector<Chunk> chunks;
    const auto found = documents_.find(id);
    if (found != documents_.end()) {
        for (const StoredChunk& stored : found->second.chunks) {
            const std::int64_t index = stored.chunk.chunk_index;
            if (index >= first && index - first < count) {
                chunks.push_back(stored.chunk);
            }
        }
    }
    return chunks;
}

DocumentPage PlainStore::list_documents(const CallContext&, const DocumentQuery& query) {
    const std::scoped_lock lock(mutex_);
    enter();
    std::vector<const Stored*> found;
    for (const auto& [id, stored] : documents_) {
        const bool inside =
            !query.collections ||
            std::any_of(query.collections->begin(), query.collections->end(),
                        [&](CollectionId collection) { return stored.in.contains(collection); });
        if (inside && matches(query.filter, stored.document.metadata)) {
            found.push_back(&stored);
        }
    }
    std::sort(found.begin(), found.end(),
              [](const Stored* a, const Stored* b) { return a->order > b->order; });
    DocumentPage page{{}, static_cast<std::int64_t>(found.size())};
    for (std::int64_t i = query.offset; i < page.total_count && i < query.offset + query.limit;
         ++i) {
        page.documents.push_back(summarise(*found[static_cast<std::size_t>(i)]));
    }
    return page;
}

std::vector<DocumentVersion> PlainStore::list_versions(const CallContext&, DocumentId id) {
    const std::scoped_lock lock(mutex_);
    enter();
    std::vector<DocumentVersion> versions;
    const auto found = documents_.find(id);
    if (found != documents_.end()) {
        for (const Document& d : found->second.former) {
            versions.push_back({d.version, d.content_hash, d.file_size, d.updated_at, false});
        }
        const Document& d = found->second.document;
        versions.push_back({d.version, d.content_hash, d.file_size, d.updated_at, true});
    }
    return versions;
}

std::vector<IdentifiedDocument> PlainStore::list_identities(const CallContext&,
                                                            CollectionId collection,
                                                            std::string_view prefix) {
    const std::scoped_lock lock(mutex_);
    enter();
    std::vector<IdentifiedDocument> list;
    for (const auto& [id, stored] : documents_) {
        if (stored.in.contains(collection) && stored.document.identity &&
            stored.document.identity->starts_with(prefix)) {
            list.push_back({id, *stored.document.identity, stored.document.content_hash});
        }
    }
    return list;
}

void PlainStore::share(DocumentId document, const std::string& collection) {
    const std::scoped_lock lock(mutex_);
    documents_.at(document).in.insert(find(collection)->id);
}

void PlainStore::set_space(const std::string& name, const EmbeddingSpace& space) {
    const std::scoped_lock lock(mutex_);
    find(name)->space = space;
}

std::string PlainStore::find_damage() const {
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, stored] : documents_) {
        const std::string& content = stored.document.content;
        for (const StoredChunk& chunk : stored.chunks) {
            const std::size_t from = byte_offset(content, *chunk.chunk.char_start);
            const std::size_t to = byte_offset(content, *chunk.chunk.char_end);
            if (content.substr(from, to - from) != chunk.chunk.content) {
                return "a chunk of document " + std::to_string(id) + " is not its text";
            }
            if (chunk.embedding.empty()) {
                return "a chunk of document " + std::to_string(id) + " has no vector";
            }
        }
        if (stored.chunks.empty() || stored.in.empty()) {
            return "document " + std::to_string(id) + " is half there";
        }
    }
    return {};
}

}  // namespace rag::test
