#pragma once

#include "rag/context.hpp"
#include "rag/store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rag::memory {

/// Whether no regular file lies at the path any more: nothing is there, or something else, or the
/// way there leads through a link by now (documents are known by paths without one). What cannot be
/// found out counts as there: a folder closed to us, a name that was not UTF-8.
bool is_file_gone(const std::string& path);

struct FileDocument {
    DocumentId id = 0;
    std::string identity;
    std::string path;  ///< Absolute, of the file that it was read from.
};

/// The collection's documents that were read from files below the folder, by path. Those whose path
/// is too long to be kept whole are left out.
std::vector<FileDocument> list_file_documents(const CallContext& context, Store& store,
                                              CollectionId collection, std::string_view folder);

/// Deletes the document of a file; false when it is gone already, or also stands in a collection
/// that the caller may not see.
bool remove_file_document(const CallContext& context, Store& store, DocumentId id);

}  // namespace rag::memory
