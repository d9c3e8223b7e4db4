#include "memory/reindex.hpp"

#include "memory/caller_rules.hpp"
#include "rag/error.hpp"
#include "text/chunk.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rag::memory {
namespace {

constexpr std::int64_t documents_at_once = 100;
constexpr std::size_t chunks_embedded_at_once = 64;
/// How often documents that others wrote meanwhile are caught up with before giving in.
constexpr int rounds_max = 100;
constexpr int attempts_max = 5;

Json write_space(const EmbeddingSpace& space) {
    return {{"model", space.model}, {"dimensions", space.dimensions}};
}

EmbeddingSpace read_space(const Json& json) {
    return {json.at("model").get<std::string>(), json.at("dimensions").get<int>()};
}

template <class Read>
auto read_or_corrupt(Read read) {
    try {
        return read();
    } catch (const Json::exception&) {
        throw Error(ErrorCode::corrupt, "The stored job of a re-index cannot be read.");
    }
}

text::ChunkLimits limits_of(std::int64_t chunk_size) {
    return {chunk_size, std::min(2 * chunk_size, chunk_size_max)};
}

bool same_cut(const std::vector<Chunk>& present, const std::vector<text::TextChunk>& cut) {
    return std::equal(present.begin(), present.end(), cut.begin(), cut.end(),
                      [](const Chunk& chunk, const text::TextChunk& other) {
                          return chunk.char_start == other.char_start &&
                                 chunk.char_end == other.char_end &&
                                 chunk.heading_path == other.heading_path;
                      });
}

}  // namespace

Json write_request(const ReindexCollection& request) {
    return {{"collection_name", request.collection},
            {"from", write_space(request.from)},
            {"to", write_space(request.to)},
            {"chunk_size", request.chunk_size ? Json(*request.chunk_size) : Json(nullptr)}};
}

ReindexCollection read_reindex_request(const Json& json) {
    return read_or_corrupt([&] {
        ReindexCollection request;
        request.collection = json.at("collection_name").get<std::string>();
        request.from = read_space(json.at("from"));
        request.to = read_space(json.at("to"));
        if (!json.at("chunk_size").is_null()) {
            request.chunk_size = json.at("chunk_size").get<std::int64_t>();
        }
        return request;
    });
}

Json reindex_report_form(const ReindexReport& report) {
    return {
        {"collection_name", report.collection},  {"embedding_model", report.space.model},
        {"dimensions", report.space.dimensions}, {"documents_embedded", report.documents_embedded},
        {"documents_cut", report.documents_cut}, {"vectors_removed", report.vectors_removed}};
}

ReindexReport read_reindex_report(const Json& form) {
    return read_or_corrupt([&] {
        ReindexReport report;
        report.collection = form.at("collection_name").get<std::string>();
        report.space = {form.at("embedding_model").get<std::string>(),
                        form.at("dimensions").get<int>()};
        report.documents_embedded = form.at("documents_embedded").get<std::int64_t>();
        report.documents_cut = form.at("documents_cut").get<std::int64_t>();
        report.vectors_removed = form.at("vectors_removed").get<std::int64_t>();
        return report;
    });
}

void check_chunk_size(std::int64_t chunk_size) {
    if (chunk_size < chunk_size_min || chunk_size > chunk_size_max) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The chunk size must be between {} and {} characters, but is {}.",
                                chunk_size_min, chunk_size_max, chunk_size));
    }
}

/// Where the work is, told to the job and to whoever waits for it.
struct Reindex::Progress {
    const CallContext& context;
    JobNotes& notes;
    double total = 0;
    double done = 0;
    ReindexReport report = {};

    void step(const char* phase) {
        ++done;
        notes.set_progress({{"phase", phase},
                            {"documents_embedded", report.documents_embedded},
                            {"documents_cut", report.documents_cut}});
        context.report({done, std::max(total, done), phase});
    }
};

ReindexReport Reindex::run(const CallContext& context, const ReindexCollection& request,
                           JobNotes& notes) {
    const Collection collection = require_collection(context, store_, request.collection);
    Progress progress{context, notes};
    progress.total = static_cast<double>(collection.document_count);
    progress.report.collection = collection.name;
    progress.report.space = embedder_.space();
    if (collection.space != embedder_.space()) {
        move(context, collection, progress);
    }
    if (request.from != embedder_.space()) {
        remove_old(context, collection, request.from, progress);
    }
    if (request.chunk_size) {
        cut(context, collection, *request.chunk_size, progress);
    }
    return progress.report;
}

void Reindex::move(const CallContext& context, const Collection& collection, Progress& progress) {
    for (int round = 0; round < rounds_max; ++round) {
        DocumentId after = 0;
        for (;;) {
            const std::vector<DocumentId> ids = spaces_.list_without_vectors(
                context, collection.id, embedder_.space(), after, documents_at_once);
            if (ids.empty()) {
                break;
            }
            for (const DocumentId id : ids) {
                context.check();
                progress.report.documents_embedded += embed(context, id, progress) ? 1 : 0;
                progress.step("embedding");
            }
            after = ids.back();
        }
        if (spaces_.bind_space(context, collection.id, embedder_.space())) {
            return;
        }
    }
    throw Error(ErrorCode::conflict,
                fmt::format("Others write into '{}' faster than it can be embedded; stop them for "
                            "a while and repeat.",
                            collection.name));
}

/// False when the document is gone, or changed on the way: the next round finds it again.
bool Reindex::embed(const CallContext& context, DocumentId id, Progress&) {
    const std::optional<DocumentSummary> before = store_.find_document(context, id);
    if (!before) {
        return false;
    }
    const std::vector<Chunk> chunks = store_.get_chunks(context, id);
    const std::optional<DocumentSummary> after = store_.find_document(context, id);
    if (!after || after->filename != before->filename) {
        return false;
    }
    std::vector<ChunkVector> vectors;
    vectors.reserve(chunks.size());
    for (std::size_t begin = 0; begin < chunks.size(); begin += chunks_embedded_at_once) {
        context.check();
        const std::size_t end = std::min(begin + chunks_embedded_at_once, chunks.size());
        std::vector<std::string> texts;
        for (std::size_t i = begin; i < end; ++i) {
            texts.push_back(
                text::indexed_text(before->filename, chunks[i].heading_path, chunks[i].content));
        }
        std::vector<Vector> made = embedder_.embed_passages(context, texts);
        for (std::size_t i = begin; i < end; ++i) {
            vectors.push_back({chunks[i].id, std::move(made.at(i - begin))});
        }
    }
    return spaces_.add_vectors(context, id, embedder_.space(), vectors) > 0;
}

void Reindex::remove_old(const CallContext& context, const Collection& collection,
                         const EmbeddingSpace& space, Progress& progress) {
    for (;;) {
        context.check();
        const std::int64_t removed =
            spaces_.remove_vectors(context, collection.id, space, documents_at_once);
        if (removed == 0) {
            return;
        }
        progress.report.vectors_removed += removed;
    }
}

/// Documents that others write meanwhile are cut as they write them.
void Reindex::cut(const CallContext& context, const Collection& collection, std::int64_t chunk_size,
                  Progress& progress) {
    std::vector<DocumentId> ids;
    DocumentQuery query;
    query.collections = {collection.id};
    query.limit = documents_at_once;
    for (;;) {
        context.check();
        const DocumentPage page = store_.list_documents(context, query);
        for (const DocumentSummary& document : page.documents) {
            ids.push_back(document.id);
        }
        if (page.documents.empty()) {
            break;
        }
        query.offset += documents_at_once;
    }
    progress.total = progress.done + static_cast<double>(ids.size());
    for (const DocumentId id : ids) {
        context.check();
        progress.report.documents_cut += cut_document(context, id, limits_of(chunk_size)) ? 1 : 0;
        progress.step("cutting");
    }
}

/// False when the document is gone or cut so already.
bool Reindex::cut_document(const CallContext& context, DocumentId id,
                           const text::ChunkLimits& limits) {
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        const std::optional<Document> document = store_.get_document(context, id);
        if (!document) {
            return false;
        }
        const text::TextFormat format = format_of(document->file_type);
        if (same_cut(store_.get_chunks(context, id),
                     text::chunk_text(document->content, format, limits))) {
            return false;
        }
        CallContext quiet = context;  // A document's own progress would run backwards in ours.
        quiet.on_progress = {};
        DocumentUpdate update;
        update.expected_version = document->version;
        update.expected_filename = document->filename;
        update.chunks =
            writer_.make_chunks(quiet, document->filename, document->content, format, limits);
        try {
            return store_.update_document(context, id, update).changed;
        } catch (const Error& error) {
            if (error.code() != ErrorCode::conflict && error.code() != ErrorCode::not_found) {
                throw;
            }
        }
    }
    return false;
}

}  // namespace rag::memory
