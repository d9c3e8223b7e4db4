#pragma once

#include "base/guarded.hpp"
#include "memory/requests.hpp"
#include "rag/clock.hpp"
#include "rag/store.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace rag::memory {

/// Looks collections up for searches. Within `kept` it answers from what it read last, so that a
/// search needs no round trip; a name that it does not know is always asked for anew. While the
/// store does not answer it goes on with what it read last, as the search index does. Counts are
/// not read. Safe for concurrent use.
class CollectionFinder final {
public:
    CollectionFinder(Store& store, const Clock& clock, std::chrono::milliseconds kept)
        : store_(store), clock_(clock), kept_(kept) {}

    /// Those that the caller may see, newest first.
    std::vector<Collection> list(const CallContext& context);
    /// Throws Error{not_found} "Collection '<name>' not found".
    Collection require(const CallContext& context, std::string_view name);
    /// The next look-up asks the store: this process has changed a collection.
    void forget();

private:
    struct Kept {
        std::vector<Collection> collections;
        std::optional<SteadyTime> until;  ///< Null: nothing was read.
    };

    std::vector<Collection> read(const CallContext& context);

    Store& store_;
    const Clock& clock_;
    const std::chrono::milliseconds kept_;
    Guarded<Kept> read_;
};

/// The use cases around collections as a whole. Safe for concurrent use.
class Collections final {
public:
    Collections(Store& store, EmbeddingSpace space, CollectionFinder& finder)
        : store_(store), space_(std::move(space)), finder_(finder) {}

    Collection create(const CallContext& context, const CreateCollection& request);
    std::vector<Collection> list(const CallContext& context);
    Collection update_description(const CallContext& context,
                                  const UpdateCollectionDescription& request);
    CollectionDetails describe(const CallContext& context, std::string_view name);
    DeletedCollection remove(const CallContext& context, std::string_view name);

private:
    Store& store_;
    const EmbeddingSpace space_;
    CollectionFinder& finder_;
};

}  // namespace rag::memory
