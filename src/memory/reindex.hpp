#pragma once

#include "base/json.hpp"
#include "memory/document_writer.hpp"
#include "memory/jobs.hpp"
#include "rag/embedder.hpp"
#include "rag/space_store.hpp"
#include "rag/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rag::memory {

constexpr std::string_view reindex_job = "reindex";

constexpr std::int64_t chunk_size_min = 100;
constexpr std::int64_t chunk_size_max = 2400;

struct ReindexCollection {
    std::string collection = {};
    EmbeddingSpace from = {};  ///< What it was bound to when this was asked for.
    EmbeddingSpace to = {};    ///< The configured model's.
    /// Code points that a passage aims at, 100 to 2400; null: passages stay as they are cut.
    std::optional<std::int64_t> chunk_size = {};
};

struct ReindexReport {
    std::string collection = {};
    EmbeddingSpace space = {};
    std::int64_t documents_embedded = 0;
    std::int64_t documents_cut = 0;    ///< Whose passages are others now.
    std::int64_t vectors_removed = 0;  ///< Of the former model.
};

Json write_request(const ReindexCollection& request);
/// Throws Error{corrupt}.
ReindexCollection read_reindex_request(const Json& json);
Json reindex_report_form(const ReindexReport& report);
/// Throws Error{corrupt}.
ReindexReport read_reindex_report(const Json& form);

/// Moves a collection to the configured model, then cuts its passages anew where that was asked
/// for. Until every passage has a vector of the new model the collection is searched and written
/// with the old one; then it is bound to the new one in one transaction, and the old vectors go.
/// Cutting replaces a document's passages in one transaction each. Whatever is killed on the way
/// goes on where it was: what is done is seen in the store. Safe for concurrent use.
class Reindex final {
public:
    Reindex(Store& store, SpaceStore& spaces, DocumentWriter& writer, Embedder& embedder)
        : store_(store), spaces_(spaces), writer_(writer), embedder_(embedder) {}

    ReindexReport run(const CallContext& context, const ReindexCollection& request,
                      JobNotes& notes);

private:
    struct Progress;

    void move(const CallContext& context, const Collection& collection, Progress& progress);
    bool embed(const CallContext& context, DocumentId id, Progress& progress);
    void cut(const CallContext& context, const Collection& collection, std::int64_t chunk_size,
             Progress& progress);
    bool cut_document(const CallContext& context, DocumentId id, const text::ChunkLimits& limits);
    void remove_old(const CallContext& context, const Collection& collection,
                    const EmbeddingSpace& space, Progress& progress);

    Store& store_;
    SpaceStore& spaces_;
    DocumentWriter& writer_;
    Embedder& embedder_;
};

/// Throws Error{invalid_argument} for a size that is out of bounds.
void check_chunk_size(std::int64_t chunk_size);

}  // namespace rag::memory
