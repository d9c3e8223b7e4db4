#include "memory/ingest.hpp"

#include "base/time_text.hpp"
#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "memory/file_text.hpp"
#include "memory/identity.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

namespace rag::memory {

IngestedDocument Ingest::text(const CallContext& context, const IngestText& request) {
    require_role(context, Role::writer, "ingest texts");
    check_title("document_title", request.title);
    check_metadata(request.metadata);
    SourceDocument source;
    source.content = clean_content(request.content, "`content`");
    const Collection collection = require_collection_to_fill(context, store_, request.collection);

    const bool titled = !is_blank(request.title);
    source.filename = titled ? request.title : "Agent-Text-" + to_iso8601(clock_.now());
    source.identity =
        text_identity(titled ? request.title : std::string(), content_hash(source.content));
    source.file_type = "text";
    source.file_size = static_cast<std::int64_t>(source.content.size());
    source.metadata = request.metadata;
    source.format = format_of(source.file_type);
    if (titled && request.mode == TextMode::replace) {
        source.replaces_text = request.title;
    }
    const WrittenDocument written = writer_.write(context, collection, source);
    IngestedDocument ingested = describe(source, written, collection.name);
    if (request.include_chunk_ids) {
        add_chunk_ids(context, ingested);
    }
    return ingested;
}

IngestedDocument Ingest::file(const CallContext& context, const IngestFile& request) {
    require_role(context, Role::writer, "ingest files");
    check_metadata(request.metadata);
    const AllowedPath path = files_.resolve(context.caller, request.path);
    if (files_.kind(path) == PathKind::missing) {
        throw Error(ErrorCode::not_found, fmt::format("File not found: {}", request.path));
    }
    const Collection collection = require_collection_to_fill(context, store_, request.collection);
    IngestedDocument ingested =
        read_file(context, collection, path, request.path, request.metadata);
    if (request.include_chunk_ids) {
        add_chunk_ids(context, ingested);
    }
    return ingested;
}

IngestedDocument Ingest::read_file(const CallContext& context, const Collection& collection,
                                   const AllowedPath& path, std::string_view shown,
                                   const Metadata& metadata) {
    const SourceDocument source = load_file(context, path, shown, metadata);
    return describe(source, writer_.write(context, collection, source), collection.name);
}

SourceDocument Ingest::load_file(const CallContext& context, const AllowedPath& path,
                                 std::string_view shown, const Metadata& metadata) const {
    const std::string bytes = files_.read(context.caller, path, shown);
    const std::string filename = path.path.substr(path.path.rfind('/') + 1);
    text::ExtractedText extracted = extract_file(context, documents_, bytes, filename, shown);
    SourceDocument source;
    source.filename = replace_invalid_utf8(filename);
    source.identity = file_identity(replace_invalid_utf8(path.path));
    source.content = clean_content(std::move(extracted.text), fmt::format("File {}", shown));
    source.file_type = extracted.file_type;
    source.file_size = static_cast<std::int64_t>(bytes.size());
    source.format = extracted.format;
    source.metadata = std::move(extracted.metadata);
    source.metadata.update(metadata);
    source.metadata["filename"] = source.filename;
    source.metadata["file_path"] = replace_invalid_utf8(path.path);
    source.metadata["file_type"] = source.file_type;
    return source;
}

IngestedDocument Ingest::describe(const SourceDocument& source, const WrittenDocument& written,
                                  const std::string& collection) const {
    IngestedDocument ingested;
    ingested.document_id = written.id;
    ingested.status = written.status;
    ingested.collection = collection;
    ingested.filename = source.filename;
    ingested.file_type = source.file_type;
    ingested.file_size = source.file_size;
    ingested.num_chunks = written.num_chunks;
    return ingested;
}

void Ingest::add_chunk_ids(const CallContext& context, IngestedDocument& ingested) {
    ingested.chunk_ids.emplace();
    for (const Chunk& chunk : store_.get_chunks(context, ingested.document_id)) {
        ingested.chunk_ids->push_back(chunk.id);
    }
}

}  // namespace rag::memory
