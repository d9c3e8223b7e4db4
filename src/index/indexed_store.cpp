#include "index/indexed_store.hpp"

namespace rag::index {

DocumentAdded IndexedStore::add_document(const CallContext& context, const NewDocument& document) {
    DocumentAdded added = store_.add_document(context, document);
    if (added.added) {
        index_.note_written(added.id);
    }
    return added;
}

DocumentUpdated IndexedStore::update_document(const CallContext& context, DocumentId id,
                                              const DocumentUpdate& update) {
    DocumentUpdated updated = store_.update_document(context, id, update);
    if (updated.changed) {
        index_.note_written(id);
    }
    return updated;
}

std::optional<DeletedDocument> IndexedStore::delete_document(const CallContext& context,
                                                             DocumentId id) {
    std::optional<DeletedDocument> deleted = store_.delete_document(context, id);
    if (deleted) {
        index_.note_written(id);
    }
    return deleted;
}

}  // namespace rag::index
