#pragma once

#include "rag/store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rag {

struct SpaceVector {
    EmbeddingSpace space;
    Vector vector;
};

/// A chunk as an index takes it in.
struct IndexedChunk {
    Chunk chunk;
    std::uint64_t text_key = 0;        ///< As text::fold_key makes it of the content.
    std::vector<SpaceVector> vectors;  ///< At most one of each space.
};

/// A document as an index takes it in: all of it was read at one moment.
struct IndexedDocument {
    DocumentId id = 0;
    std::string filename;
    std::string file_type;
    Metadata metadata = Metadata::object();
    std::vector<CollectionId> collections;  ///< Ascending, without repeats.
    std::vector<IndexedChunk> chunks;       ///< By chunk_index.
};

/// What an index follows: the truth that it is a copy of. Every read sees what was committed before
/// it began, and a later read never sees less. Implementations are safe for concurrent use, honour
/// deadline and stop token, and throw Error as Store does.
class IndexSource {
public:
    virtual ~IndexSource() = default;

    /// Names the database for snapshots: equal for two sources only if they are the same database.
    virtual std::string identity(const CallContext& context) = 0;
    /// As Store has them.
    virtual FeedPosition feed_end(const CallContext& context) = 0;
    virtual ChangeBatch read_changes(const CallContext& context, const FeedPosition& from,
                                     std::int64_t limit) = 0;
    virtual std::vector<Collection> list_collections(const CallContext& context) = 0;
    /// Without counts that can be relied on: quick however much the collections hold.
    virtual std::vector<Collection> list_collections_uncounted(const CallContext& context) {
        return list_collections(context);
    }

    /// The documents with the lowest ids above `after`, ascending, until their chunks are
    /// `chunks_max` or more; none at the end. A document written meanwhile may be missed: it is in
    /// the change feed after a position that was taken before the first call.
    virtual std::vector<IndexedDocument> read_documents(const CallContext& context,
                                                        DocumentId after,
                                                        std::size_t chunks_max) = 0;
    /// Null when there is no such document.
    virtual std::optional<IndexedDocument> read_document(const CallContext& context,
                                                         DocumentId id) = 0;

    /// False when nothing was committed since the last read_changes that found nothing more. Costs
    /// microseconds and no round trip; a source that cannot tell so cheaply says false and leaves
    /// the news to the poll.
    virtual bool may_have_changed(const CallContext& context) = 0;
    /// From now on `news` is called when read_changes is likely to give something, from a thread of
    /// the source's; never relied upon, so that a source may leave all of it to the poll. An empty
    /// function ends it, and no call is under way any more then. Not safe beside other calls.
    virtual void watch(std::function<void()> /*news*/) {}
    /// Whether what has been committed is in the next read_changes, whoever else is writing.
    virtual bool feed_is_immediate() const = 0;
};

}  // namespace rag
