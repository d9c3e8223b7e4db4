#include "storage/postgres_index_source.hpp"

#include "rag/error.hpp"
#include "storage/postgres_values.hpp"

#include <bit>

namespace rag::storage {
namespace {

constexpr std::string_view documents_at_once = "256";
/// One that listens and one that works.
constexpr std::size_t listening_connections_min = 2;

/// One statement, so that a document is seen as it was at one moment. Vectors come in the form that
/// vector_send gives them: text would take several times as long to write and to read.
const std::string query_select_documents =
    "select d.id, d.filename, d.file_type, d.metadata, (select coalesce(json_agg(m.collection_id "
    "order by m.collection_id), '[]') from @S.collection_documents m where m.document_id = d.id), "
    "k.id, k.chunk_index, k.content, k.char_start, k.char_end, k.heading_path, k.metadata, "
    "k.text_key, s.model, s.dimensions, @V.vector_send(v.embedding::@V.vector)::text "
    "from @S.source_documents d left join @S.document_chunks k on k.document_id = d.id "
    "left join @S.chunk_vectors v on v.chunk_id = k.id "
    "left join @S.embedding_spaces s on s.id = v.space_id where ";

const std::string query_in_order = " order by d.id, k.chunk_index, s.id";

enum Column : std::size_t {
    document_id,
    filename,
    file_type,
    document_metadata,
    collections,
    chunk_id,
    chunk_index,
    content,
    char_start,
    char_end,
    heading_path,
    chunk_metadata,
    text_key,
    model,
    dimensions,
    embedding,
};

IndexedDocument read_document_fields(const SqlRow& row) {
    IndexedDocument document;
    document.id = read_int(row, Column::document_id);
    document.filename = read_text(row, Column::filename);
    document.file_type = read_text(row, Column::file_type);
    document.metadata = read_json(row, Column::document_metadata);
    document.collections = read_json(row, Column::collections).get<std::vector<CollectionId>>();
    return document;
}

IndexedChunk read_chunk_fields(const SqlRow& row, DocumentId document) {
    IndexedChunk indexed;
    Chunk& chunk = indexed.chunk;
    chunk.id = read_int(row, Column::chunk_id);
    chunk.document_id = document;
    chunk.chunk_index = read_int(row, Column::chunk_index);
    chunk.content = read_text(row, Column::content);
    if (row.at(Column::char_start) && row.at(Column::char_end)) {
        chunk.char_start = read_int(row, Column::char_start);
        chunk.char_end = read_int(row, Column::char_end);
    }
    chunk.heading_path = read_text(row, Column::heading_path);
    chunk.metadata = read_json(row, Column::chunk_metadata);
    indexed.text_key = std::bit_cast<std::uint64_t>(read_int(row, Column::text_key));
    return indexed;
}

}  // namespace

std::string PostgresIndexSource::identity(const CallContext& /*context*/) {
    return "postgres:" + pool_.place() + '/' + pool_.options().schema;
}

ChangeBatch PostgresIndexSource::read_changes(const CallContext& context, const FeedPosition& from,
                                              std::int64_t limit) {
    const std::uint64_t sessions = listener_ ? listener_->sessions() : 0;
    ChangeBatch batch = store_.read_changes(context, from, limit);
    if (listener_) {
        listener_->note_read(sessions, batch.next.position, batch.changes.empty());
    }
    return batch;
}

void PostgresIndexSource::watch(std::function<void()> news) {
    listener_.reset();
    const PostgresOptions& options = pool_.options();
    if (news && options.pooler == Pooler::off && options.connections >= listening_connections_min) {
        listener_ = std::make_unique<PostgresListener>(pool_, std::move(news));
    }
}

std::vector<IndexedDocument> PostgresIndexSource::read_documents(const CallContext& context,
                                                                 DocumentId after,
                                                                 std::size_t chunks_max) {
    return read(context,
                "d.id in (select id from (select id, sum(n) over (order by id) - n as before from "
                "(select e.id, (select count(*) from @S.document_chunks c where c.document_id = "
                "e.id) as n from @S.source_documents e where e.id > $1::bigint order by e.id "
                "limit " +
                    std::string(documents_at_once) + ") few) sums where before < $2::bigint)",
                {std::to_string(after), std::to_string(chunks_max)});
}

std::optional<IndexedDocument> PostgresIndexSource::read_document(const CallContext& context,
                                                                  DocumentId id) {
    auto documents = read(context, "d.id = $1::bigint", {std::to_string(id)});
    return documents.empty() ? std::nullopt : std::optional(std::move(documents.front()));
}

std::vector<IndexedDocument> PostgresIndexSource::read(const CallContext& context,
                                                       const std::string& condition,
                                                       const SqlParams& params) {
    const SqlRows rows =
        pool_.read(context, query_select_documents + condition + query_in_order, params);
    std::vector<IndexedDocument> documents;
    for (const SqlRow& row : rows.rows) {
        if (documents.empty() || documents.back().id != read_int(row, Column::document_id)) {
            documents.push_back(read_document_fields(row));
        }
        IndexedDocument& document = documents.back();
        if (!row.at(Column::chunk_id)) {
            continue;
        }
        const ChunkId chunk = read_int(row, Column::chunk_id);
        if (document.chunks.empty() || document.chunks.back().chunk.id != chunk) {
            document.chunks.push_back(read_chunk_fields(row, document.id));
        }
        if (row.at(Column::embedding)) {
            const std::int64_t size = read_int(row, Column::dimensions);
            document.chunks.back().vectors.push_back(
                {{read_text(row, Column::model), static_cast<int>(size)},
                 parse_sent_vector(read_text(row, Column::embedding),
                                   static_cast<std::size_t>(size))});
        }
    }
    return documents;
}

}  // namespace rag::storage
