#pragma once

#include "memory/document_writer.hpp"
#include "memory/requests.hpp"
#include "rag/store.hpp"

#include <vector>

namespace rag::memory {

/// The use cases around stored documents. Safe for concurrent use.
class Documents final {
public:
    Documents(Store& store, DocumentWriter& writer) : store_(store), writer_(writer) {}

    DocumentView get(const CallContext& context, const GetDocument& request);
    DocumentList list(const CallContext& context, const ListDocuments& request);
    UpdatedDocument update(const CallContext& context, const UpdateDocument& request);
    DeletedDocument remove(const CallContext& context, DocumentId id);
    std::vector<DocumentVersion> list_versions(const CallContext& context, DocumentId id);
    UpdatedDocument restore(const CallContext& context, const RestoreDocumentVersion& request);

private:
    std::optional<UpdatedDocument> try_update(const CallContext& context,
                                              const UpdateDocument& request);
    void check_spaces(const CallContext& context, const DocumentSummary& document);

    Store& store_;
    DocumentWriter& writer_;
};

/// `content` from the code point `offset` on, at most `max_chars`; `next_offset` is set when there
/// is more.
std::string cut_content(const std::string& content, std::int64_t offset, std::int64_t max_chars,
                        std::optional<std::int64_t>& next_offset);

}  // namespace rag::memory
