#include "memory/document_writer.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "memory/identity.hpp"
#include "rag/error.hpp"
#include "text/detect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace rag::memory {
namespace {

constexpr int attempts_max = 5;
constexpr std::size_t chunks_embedded_at_once = 64;

/// A failure that means "somebody else was faster": read anew and decide again.
bool is_race(const Error& error) {
    return error.code() == ErrorCode::conflict || error.code() == ErrorCode::not_found;
}

/// Where in a document of pages a passage stands.
Metadata page_metadata(const text::TextChunk& chunk) {
    Metadata metadata = Metadata::object();
    if (chunk.page_first > 0) {
        metadata["page"] = chunk.page_first;
    }
    if (chunk.page_last > chunk.page_first) {
        metadata["page_end"] = chunk.page_last;
    }
    return metadata;
}

}  // namespace

WrittenDocument DocumentWriter::write(const CallContext& context, const Collection& collection,
                                      const SourceDocument& source) {
    require_space(collection, embedder_.space());
    const ContentHash hash = content_hash(source.content);
    std::optional<std::vector<NewChunk>> chunks;
    std::string chunks_title;
    const auto chunks_for = [&](const std::string& title) -> const std::vector<NewChunk>& {
        if (!chunks || chunks_title != title) {
            chunks = make_chunks(context, title, source.content, source.format);
            chunks_title = title;
        }
        return *chunks;
    };
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        context.check();
        if (attempt > 0) {
            check_present(context, collection);
        }
        std::optional<DocumentSummary> known =
            store_.find_by_identity(context, collection.id, source.identity);
        if (!known && source.replaces_text) {
            known = store_.find_newest_text(context, collection.id, *source.replaces_text);
        }
        std::optional<WrittenDocument> written;
        if (!known) {
            written = add(context, collection, source, chunks_for(source.filename));
        } else if (known->content_hash == hash &&
                   (source.title == Title::keep || known->filename == source.filename)) {
            return merge_metadata(context, source, *known);
        } else {
            const bool follow = source.title == Title::follow;
            const std::string& title = follow ? source.filename : known->filename;
            written = update(context, source, *known, chunks_for(title));
        }
        if (written) {
            return *written;
        }
    }
    throw Error(
        ErrorCode::conflict,
        fmt::format("'{}' is being changed by others at this moment; try again.", source.filename));
}

/// What stood in the way may be that the collection went, or moved to another model.
void DocumentWriter::check_present(const CallContext& context, const Collection& collection) {
    const std::optional<Collection> present = store_.find_collection(context, collection.name);
    if (!present || present->id != collection.id) {
        throw_collection_to_fill_missing(collection.name);
    }
    require_space(*present, embedder_.space());
}

/// Null when another call stored the same thing first, or the collection has changed.
std::optional<WrittenDocument> DocumentWriter::add(const CallContext& context,
                                                   const Collection& collection,
                                                   const SourceDocument& source,
                                                   const std::vector<NewChunk>& chunks) {
    NewDocument document;
    document.collection = collection.id;
    document.identity = source.identity;
    document.filename = source.filename;
    document.content = source.content;
    document.file_type = source.file_type;
    document.file_size = source.file_size;
    document.metadata = source.metadata;
    document.content_hash = content_hash(source.content);
    document.chunks = chunks;
    try {
        const DocumentAdded added = store_.add_document(context, document);
        if (!added.added) {
            return std::nullopt;
        }
        return WrittenDocument{added.id, IngestStatus::created, true,
                               static_cast<std::int64_t>(chunks.size())};
    } catch (const Error& error) {
        if (error.code() == ErrorCode::not_found) {
            throw_collection_to_fill_missing(collection.name);
        }
        if (error.code() == ErrorCode::conflict) {
            return std::nullopt;
        }
        throw;
    }
}

/// Null when the document is another one by now.
std::optional<WrittenDocument> DocumentWriter::update(const CallContext& context,
                                                      const SourceDocument& source,
                                                      const DocumentSummary& known,
                                                      const std::vector<NewChunk>& chunks) {
    DocumentUpdate update;
    update.expected_version = known.version;
    update.expected_filename = known.filename;
    if (source.title == Title::follow) {
        update.filename = source.filename;
    }
    update.content = {source.content, source.file_size, content_hash(source.content)};
    update.metadata = source.metadata;
    update.chunks = chunks;
    update.identity = source.identity;
    try {
        const DocumentUpdated updated = store_.update_document(context, known.id, update);
        return WrittenDocument{known.id, IngestStatus::updated,
                               known.content_hash != update.content->content_hash,
                               updated.new_chunk_count};
    } catch (const Error& error) {
        if (is_race(error)) {
            return std::nullopt;
        }
        throw;
    }
}

WrittenDocument DocumentWriter::merge_metadata(const CallContext& context,
                                               const SourceDocument& source,
                                               const DocumentSummary& known) {
    WrittenDocument written{known.id, IngestStatus::unchanged, false, known.chunk_count};
    if (!holds_metadata(known.metadata, source.metadata)) {
        DocumentUpdate update;
        update.metadata = source.metadata;
        if (store_.update_document(context, known.id, update).changed) {
            written.status = IngestStatus::updated;
        }
    }
    return written;
}

std::vector<NewChunk> DocumentWriter::make_chunks(const CallContext& context,
                                                  const std::string& title,
                                                  const std::string& content,
                                                  text::TextFormat format,
                                                  const text::ChunkLimits& limits) {
    std::vector<text::TextChunk> cut = text::chunk_text(content, format, limits);
    const auto total = static_cast<double>(cut.size());
    context.report({0, total, "Embedding"});
    std::vector<NewChunk> chunks;
    chunks.reserve(cut.size());
    for (std::size_t begin = 0; begin < cut.size(); begin += chunks_embedded_at_once) {
        context.check();
        const std::size_t end = std::min(begin + chunks_embedded_at_once, cut.size());
        std::vector<std::string> texts;
        texts.reserve(end - begin);
        for (std::size_t i = begin; i < end; ++i) {
            texts.push_back(text::indexed_text(title, cut[i].heading_path, cut[i].content));
        }
        std::vector<Vector> vectors = embedder_.embed_passages(context, texts);
        if (vectors.size() != texts.size()) {
            throw Error(ErrorCode::internal, "The embedder gave another number of vectors.");
        }
        for (std::size_t i = begin; i < end; ++i) {
            chunks.push_back({std::move(cut[i].content), cut[i].char_start, cut[i].char_end,
                              std::move(cut[i].heading_path), page_metadata(cut[i]),
                              std::move(vectors[i - begin]), embedder_.space()});
        }
        context.report({static_cast<double>(end), total, "Embedding"});
    }
    return chunks;
}

bool holds_metadata(const Metadata& known, const Metadata& given) {
    return std::all_of(given.items().begin(), given.items().end(), [&](const auto& item) {
        const auto found = known.find(item.key());
        return found != known.end() && *found == item.value();
    });
}

void check_metadata(const Metadata& metadata) {
    if (!metadata.is_object()) {
        throw Error(ErrorCode::invalid_argument,
                    "`metadata` must be an object of keys and values.");
    }
    const std::string text = dump_json(metadata);
    if (text.size() > metadata_bytes_max) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`metadata` is too large: {} bytes, at most {} are allowed.",
                                text.size(), metadata_bytes_max));
    }
    if (text.find("\\u0000") != std::string::npos) {
        throw Error(ErrorCode::invalid_argument, "`metadata` must not hold the character U+0000.");
    }
}

void check_title(const std::string& argument, const std::string& title) {
    const std::int64_t characters = count_code_points(title);
    if (characters > title_code_points_max) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`{}` has {} characters; at most {} are allowed.", argument,
                                characters, title_code_points_max));
    }
    if (title.find('\0') != std::string::npos || !is_utf8(title)) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`{}` must be UTF-8 text without the character U+0000.", argument));
    }
}

std::string clean_content(std::string content, const std::string& name) {
    if (content.size() > content_bytes_max) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} is too large: {} bytes of text, at most {} are taken. Split it "
                                "into several documents.",
                                name, content.size(), content_bytes_max));
    }
    if (!is_utf8(content)) {
        content = replace_invalid_utf8(content);
    }
    if (content.find('\0') != std::string::npos) {
        std::string clean;
        clean.reserve(content.size());
        for (const char c : content) {
            if (c == '\0') {
                append_utf8(clean, 0xFFFD);
            } else {
                clean.push_back(c);
            }
        }
        content = std::move(clean);
    }
    if (is_blank(content)) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} is empty: there is no text to store.", name));
    }
    return content;
}

text::TextFormat format_of(const std::string& file_type) {
    // Texts that were handed over and pages are Markdown more often than not.
    if (file_type == "text" || file_type == "web_page") {
        return text::TextFormat::markdown;
    }
    return text::format_of_extension(file_type);
}

}  // namespace rag::memory
