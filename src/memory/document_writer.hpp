#pragma once

#include "memory/requests.hpp"
#include "rag/embedder.hpp"
#include "rag/store.hpp"
#include "text/chunk.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rag::memory {

constexpr std::size_t content_bytes_max = std::size_t{20} * 1024 * 1024;
constexpr std::size_t metadata_bytes_max = std::size_t{256} * 1024;
constexpr std::int64_t title_code_points_max = 1000;

/// What a known document does when its source has another title by now.
enum class Title { keep, follow };

/// A document on its way into a collection.
struct SourceDocument {
    std::string identity;
    std::string filename;
    Title title = Title::keep;
    std::string content;
    std::string file_type;
    std::int64_t file_size = 0;
    Metadata metadata = Metadata::object();  ///< Merged into what a known document has.
    text::TextFormat format = text::TextFormat::plain;
    /// Not found by its identity, the newest text of this title is replaced instead of a new
    /// document made.
    std::optional<std::string> replaces_text;
};

struct WrittenDocument {
    DocumentId id = 0;
    IngestStatus status = IngestStatus::created;
    bool content_changed = false;  ///< Or new.
    std::int64_t num_chunks = 0;
};

/// Cuts and embeds documents and stores each in one transaction: a new one, a new version of a
/// known one, or nothing. Safe for concurrent use.
class DocumentWriter final {
public:
    DocumentWriter(Store& store, Embedder& embedder) : store_(store), embedder_(embedder) {}

    /// Throws what require_space throws, Error{invalid_argument} for a text that is blank or too
    /// large, Error{unavailable} when embedding fails; nothing is written then.
    WrittenDocument write(const CallContext& context, const Collection& collection,
                          const SourceDocument& source);

    /// The text's passages with their vectors, in memory. Reports a progress for each batch.
    std::vector<NewChunk> make_chunks(const CallContext& context, const std::string& title,
                                      const std::string& content, text::TextFormat format,
                                      const text::ChunkLimits& limits = {});

    const EmbeddingSpace& space() const { return embedder_.space(); }

private:
    void check_present(const CallContext& context, const Collection& collection);
    std::optional<WrittenDocument> add(const CallContext& context, const Collection& collection,
                                       const SourceDocument& source,
                                       const std::vector<NewChunk>& chunks);
    std::optional<WrittenDocument> update(const CallContext& context, const SourceDocument& source,
                                          const DocumentSummary& known,
                                          const std::vector<NewChunk>& chunks);
    WrittenDocument merge_metadata(const CallContext& context, const SourceDocument& source,
                                   const DocumentSummary& known);

    Store& store_;
    Embedder& embedder_;
};

/// Whether merging `given` into `known`, key by key, would change nothing.
bool holds_metadata(const Metadata& known, const Metadata& given);

/// Throws Error{invalid_argument} naming the argument for metadata that is no object, is too large
/// or holds a NUL character (which no database stores).
void check_metadata(const Metadata& metadata);
/// The same for a title.
void check_title(const std::string& argument, const std::string& title);
/// Well-formed UTF-8 without NUL, offsets of code points unchanged; throws for a text that is blank
/// or too large. `name` is what the sentence calls it.
std::string clean_content(std::string content, const std::string& name);

/// How a text of this file type is cut.
text::TextFormat format_of(const std::string& file_type);

}  // namespace rag::memory
