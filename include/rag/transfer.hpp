#pragma once

#include "rag/collection.hpp"
#include "rag/context.hpp"
#include "rag/document.hpp"
#include "rag/index_source.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// A store's content on its way to another store. Ids are the store's own and do not travel.
namespace rag {

struct MovedCollection {
    std::string name = {};
    std::string description = {};
    EmbeddingSpace space = {};
    Timestamp created_at{};

    bool operator==(const MovedCollection&) const = default;
};

/// What a document was before.
struct MovedVersion {
    std::int64_t version = 1;
    std::string filename = {};
    std::string content = {};
    std::int64_t file_size = 0;
    Metadata metadata = Metadata::object();
    ContentHash content_hash = {};
    Timestamp created_at{};

    bool operator==(const MovedVersion&) const = default;
};

struct MovedMembership {
    std::string collection = {};  ///< Its name.
    std::optional<std::string> identity = {};

    bool operator==(const MovedMembership&) const = default;
};

struct MovedChunk {
    std::string content = {};
    std::optional<std::int64_t> char_start = {};
    std::optional<std::int64_t> char_end = {};
    std::string heading_path = {};
    Metadata metadata = Metadata::object();
    std::vector<SpaceVector> vectors = {};  ///< At most one of each space.
};

struct MovedDocument {
    std::string filename = {};
    std::string content = {};
    std::string file_type = {};
    std::int64_t file_size = 0;
    Metadata metadata = Metadata::object();
    ContentHash content_hash = {};
    std::int64_t version = 1;
    Timestamp content_at{};  ///< When the present content came in.
    Timestamp created_at{};
    Timestamp updated_at{};
    std::vector<MovedMembership> memberships = {};  ///< By collection name; never empty.
    std::vector<MovedVersion> versions = {};        ///< Former ones, oldest first.
    std::vector<MovedChunk> chunks = {};            ///< In order.
};

/// What is told while a store is read as it was at one moment. Each may throw, which ends it.
struct TransferSink {
    /// First of all.
    std::function<void(std::int64_t collections, std::int64_t documents)> begin;
    /// By creation; before all documents.
    std::function<void(const MovedCollection&)> collection;
    /// By creation. The id is this store's own, to go on behind it (TransferScope::after). False
    /// ends the reading.
    std::function<bool(DocumentId id, const MovedDocument&)> document;
};

struct TransferScope {
    std::optional<std::string> collection = {};  ///< Null: all of them.
    bool vectors = true;                         ///< False: chunks come without.
    DocumentId after = 0;  ///< Documents with this id and lower ones are left out.
};

enum class Arrival {
    added,
    known,     ///< It was there already, with the same content.
    differing  ///< Its identity is there with other content, which stays.
};

/// Moves a store's content as it is, one document in memory at a time. Implementations are safe for
/// concurrent use and throw as Store does.
class Transfer {
public:
    virtual ~Transfer() = default;

    /// Tells the whole scope as it was at the moment this began, whoever writes meanwhile. Throws
    /// Error{not_found} for a collection that is not there, Error{unavailable} when the database is
    /// lost on the way.
    virtual void read(const CallContext& context, const TransferScope& scope,
                      const TransferSink& sink) = 0;

    /// Never `differing`. Throws Error{conflict} when a collection of the name has another space.
    virtual Arrival put(const CallContext& context, const MovedCollection& collection) = 0;
    /// In one transaction, with versions and rows of the change feed. The collections must be
    /// there: Error{not_found}. A document is known by its identity in any of them; one without any
    /// identity by filename, content and time of creation.
    virtual Arrival put(const CallContext& context, const MovedDocument& document) = 0;
};

}  // namespace rag
