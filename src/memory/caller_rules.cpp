#include "memory/caller_rules.hpp"

#include "base/roles.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rag::memory {
namespace {

std::optional<Collection> find_visible(const CallContext& context, Store& store,
                                       std::string_view name) {
    if (!context.caller.may_see(std::string(name))) {
        return std::nullopt;
    }
    return store.find_collection_uncounted(context, name);
}

}  // namespace

void require_role(const CallContext& context, Role least, std::string_view what) {
    if (context.caller.role < least) {
        throw Error(ErrorCode::unauthorized,
                    fmt::format("Your role '{}' may not {}; that needs the role '{}'. Ask the "
                                "operator for a token with that role.",
                                role_name(context.caller.role), what, role_name(least)));
    }
}

Collection require_collection(const CallContext& context, Store& store, std::string_view name) {
    std::optional<Collection> found = find_visible(context, store, name);
    if (!found) {
        throw Error(ErrorCode::not_found, fmt::format("Collection '{}' not found", name));
    }
    return *std::move(found);
}

Collection require_collection_to_fill(const CallContext& context, Store& store,
                                      std::string_view name) {
    std::optional<Collection> found = find_visible(context, store, name);
    if (!found) {
        throw_collection_to_fill_missing(name);
    }
    return *std::move(found);
}

void throw_collection_to_fill_missing(std::string_view name) {
    throw Error(ErrorCode::not_found,
                fmt::format("Collection '{0}' does not exist. Create it first using "
                            "create_collection('{0}', 'description').",
                            name));
}

bool may_see_document(const Caller& caller, const std::vector<std::string>& collections) {
    return caller.collections.empty() || !visible_names(caller, collections).empty();
}

std::vector<std::string> visible_names(const Caller& caller,
                                       const std::vector<std::string>& collections) {
    std::vector<std::string> visible;
    std::copy_if(collections.begin(), collections.end(), std::back_inserter(visible),
                 [&](const std::string& name) { return caller.may_see(name); });
    return visible;
}

DocumentSummary require_document(const CallContext& context, Store& store, DocumentId id) {
    std::optional<DocumentSummary> found = store.find_document(context, id);
    if (!found || !may_see_document(context.caller, found->collections)) {
        throw Error(ErrorCode::not_found, fmt::format("Document {} not found", id));
    }
    return *std::move(found);
}

DocumentSummary require_document_to_change(const CallContext& context, Store& store,
                                           DocumentId id) {
    DocumentSummary document = require_document(context, store, id);
    if (visible_names(context.caller, document.collections).size() != document.collections.size()) {
        throw Error(ErrorCode::unauthorized,
                    fmt::format("Document {} may not be changed with your token, because it is "
                                "shared with collections that the token does not cover.",
                                id));
    }
    return document;
}

void require_space(const Collection& collection, const EmbeddingSpace& configured) {
    if (collection.space == configured) {
        return;
    }
    throw Error(ErrorCode::conflict,
                fmt::format("Collection '{}' holds vectors of the embedding model {}, but this "
                            "server is configured with {}. Run `rag reindex {}` to move the "
                            "collection to the configured model, or configure its own.",
                            collection.name, describe(collection.space), describe(configured),
                            collection.name));
}

std::string describe(const EmbeddingSpace& space) {
    return fmt::format("{} ({} dimensions)", space.model, space.dimensions);
}

}  // namespace rag::memory
