#pragma once

#include "rag/context.hpp"
#include "rag/store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rag::memory {

/// Throws Error{unauthorized} unless the caller's role is `least` or more. `what` completes the
/// sentence "... to <what>".
void require_role(const CallContext& context, Role least, std::string_view what);

/// The collection of this name, without its counts. Throws Error{not_found} "Collection '<name>'
/// not found", also for one that the caller may not see.
Collection require_collection(const CallContext& context, Store& store, std::string_view name);

/// The same for a collection that is written into, with the sentence that says how to make one.
Collection require_collection_to_fill(const CallContext& context, Store& store,
                                      std::string_view name);

/// "Collection '<name>' does not exist. Create it first using ..."
[[noreturn]] void throw_collection_to_fill_missing(std::string_view name);

/// Whether a document of these collections exists as far as the caller is concerned.
bool may_see_document(const Caller& caller, const std::vector<std::string>& collections);

/// The names that the caller may see.
std::vector<std::string> visible_names(const Caller& caller,
                                       const std::vector<std::string>& collections);

/// The document's summary. Throws Error{not_found} "Document <id> not found", also for one that the
/// caller may not see.
DocumentSummary require_document(const CallContext& context, Store& store, DocumentId id);

/// As require_document, for a change: Error{unauthorized} for a document that is also in a
/// collection that the caller may not see, because the change would reach there.
DocumentSummary require_document_to_change(const CallContext& context, Store& store, DocumentId id);

/// Throws Error{conflict} naming both models and the way out unless the collection's vectors are of
/// the space.
void require_space(const Collection& collection, const EmbeddingSpace& configured);

/// "builtin/static-en-512 (512 dimensions)"
std::string describe(const EmbeddingSpace& space);

}  // namespace rag::memory
