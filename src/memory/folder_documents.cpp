#include "memory/folder_documents.hpp"

#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "memory/file_access.hpp"
#include "memory/identity.hpp"
#include "rag/error.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace rag::memory {
namespace {

/// U+FFFD stands where the file's name has bytes that are not UTF-8; which ones is not kept.
constexpr std::string_view replaced_bytes = "\xEF\xBF\xBD";

}  // namespace

bool is_file_gone(const std::string& path) {
    if (path.find(replaced_bytes) != std::string::npos) {
        return false;
    }
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0) {
        return errno == ENOENT || errno == ENOTDIR;
    }
    return !S_ISREG(status.st_mode) || resolve_path("/", path) != path;
}

std::vector<FileDocument> list_file_documents(const CallContext& context, Store& store,
                                              CollectionId collection, std::string_view folder) {
    std::vector<FileDocument> documents;
    const std::string prefix = folder_identity_prefix(replace_invalid_utf8(folder));
    for (IdentifiedDocument& known : store.list_identities(context, collection, prefix)) {
        if (std::optional<std::string> path = path_of(known.identity)) {
            documents.push_back({known.id, std::move(known.identity), *std::move(path)});
        }
    }
    return documents;
}

bool remove_file_document(const CallContext& context, Store& store, DocumentId id) {
    try {
        require_document_to_change(context, store, id);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::not_found || error.code() == ErrorCode::unauthorized) {
            return false;
        }
        throw;
    }
    return store.delete_document(context, id).has_value();
}

}  // namespace rag::memory
