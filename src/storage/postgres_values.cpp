#include "storage/postgres_values.hpp"

#include "base/json.hpp"
#include "rag/error.hpp"
#include "storage/embedding_check.hpp"
#include "text/chunk.hpp"
#include "text/fold.hpp"
#include "text/words.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <map>

namespace rag::storage {
namespace {

constexpr std::size_t chunks_a_statement = 200;
constexpr std::size_t word_position_max = 16383;
constexpr std::size_t word_positions_max = 255;

constexpr std::int64_t changes_kept_min = 100'000;
constexpr std::chrono::hours changes_age_max{7 * 24};
constexpr std::int64_t trim_interval = 1000;  ///< Rows written between looks at old ones.

[[noreturn]] void throw_corrupt() {
    throw Error(ErrorCode::corrupt, "The database holds a value of an unexpected form.");
}

template <class T>
T read_number(const std::string& text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw_corrupt();
    }
    return value;
}

/// Rows that nobody may still need go, and the newest of their transactions is written down, so
/// that a follower from before it learns that it is too late. One transaction at a time does this;
/// another that comes by leaves it to that one.
void trim_changes(PostgresTransaction& transaction) {
    const SqlRows lock =
        transaction.run("select pg_try_advisory_xact_lock(hashtextextended('@S.changes', 0))");
    if (read_text(lock.rows.at(0), 0) != "t") {
        return;
    }
    transaction.run(
        "with kept as (select txid from @S.changes order by txid desc, seq desc offset "
        "$1::bigint - 1 limit 1), gone as (delete from @S.changes c using kept where c.txid < "
        "kept.txid and c.created_at < clock_timestamp() - $2::bigint * interval '1 hour' "
        "returning c.txid) insert into @S.meta (key, value) select 'changes_trimmed', "
        "(select txid from gone order by txid desc limit 1)::text where exists (select from gone) "
        "on conflict (key) do update set value = "
        "greatest(meta.value::numeric, excluded.value::numeric)::text",
        {std::to_string(changes_kept_min), std::to_string(changes_age_max.count())});
}

unsigned hex_digit(char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10) & 0xFU;
}

nlohmann::json chunk_form(const NewChunk& chunk, const std::string& title, std::size_t index) {
    const std::string content = to_stored_text(chunk.content);
    const std::string heading_path = to_stored_text(chunk.heading_path);
    const auto terms = text::index_terms(text::indexed_text(title, heading_path, content));
    nlohmann::json form{
        {"i", index},
        {"c", content},
        {"s", chunk.char_start},
        {"e", chunk.char_end},
        {"h", heading_path},
        {"m", to_stored_value(chunk.metadata)},
        {"k", std::bit_cast<std::int64_t>(text::fold_key(content))},
        {"w", to_sql_words(terms)},
    };
    if (!chunk.embedding.empty()) {
        form["v"] = to_sql_vector(chunk.embedding);
    }
    return form;
}

constexpr const char* query_insert_chunks = R"(
    with input as (
        select * from json_to_recordset($1::json)
            as x(i bigint, c text, s bigint, e bigint, h text, m jsonb, k bigint, w text, v text)
    ), chunk as (
        insert into @S.document_chunks (document_id, chunk_index, content, char_start, char_end,
                                        heading_path, metadata, text_key, words)
        select $2::bigint, i, c, s, e, h, m, k, w::tsvector from input order by i
        returning id, chunk_index
    ), vector as (
        insert into @S.chunk_vectors (space_id, chunk_id, embedding)
        select $3::bigint, chunk.id, input.v::@VECTOR
        from chunk join input on input.i = chunk.chunk_index where input.v is not null
    )
    select id from chunk order by chunk_index)";

/// Of chunks that are still there and have none of the space.
constexpr const char* query_insert_vectors = R"(
    insert into @S.chunk_vectors (space_id, chunk_id, embedding)
    select $2::bigint, k.id, x.v::@VECTOR
    from json_to_recordset($1::json) as x(k bigint, v text)
    join @S.document_chunks k on k.id = x.k
    on conflict (chunk_id, space_id) do nothing)";

}  // namespace

std::string to_sql_array(std::span<const std::int64_t> values) {
    std::string text = "{";
    for (const std::int64_t value : values) {
        text += (text.size() > 1 ? "," : "") + std::to_string(value);
    }
    return text + '}';
}

std::string to_sql_vector(std::span<const float> vector) {
    std::string text = "[";
    for (const float component : vector) {
        char digits[32];
        const auto end = std::to_chars(digits, digits + sizeof digits, component).ptr;
        text += text.size() > 1 ? "," : "";
        text.append(digits, end);
    }
    return text + ']';
}

std::string quote_lexeme(std::string_view term) {
    std::string quoted = "'";
    for (const char c : term) {
        if (c == '\'' || c == '\\') {
            quoted += c;
        }
        quoted += c;
    }
    return quoted + '\'';
}

std::string to_sql_words(std::span<const std::string> terms) {
    std::map<std::string_view, std::vector<std::size_t>> positions;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        auto& found = positions[terms[i]];
        if (found.size() < word_positions_max && (found.empty() || i < word_position_max)) {
            found.push_back(std::min(i + 1, word_position_max));
        }
    }
    std::string literal;
    for (const auto& [term, places] : positions) {
        literal += quote_lexeme(term);
        for (std::size_t i = 0; i < places.size(); ++i) {
            literal += (i == 0 ? ':' : ',') + std::to_string(places[i]);
        }
        literal += ' ';
    }
    return literal;
}

const std::string& read_text(const SqlRow& row, std::size_t column) {
    if (!row.at(column)) {
        throw_corrupt();
    }
    return *row[column];
}

std::int64_t read_int(const SqlRow& row, std::size_t column) {
    return read_number<std::int64_t>(read_text(row, column));
}

double read_double(const SqlRow& row, std::size_t column) {
    const std::string& text = read_text(row, column);
    return text == "NaN" ? 0.0 : read_number<double>(text);
}

Timestamp read_time(const SqlRow& row, std::size_t column) {
    return Timestamp(std::chrono::milliseconds(read_int(row, column)));
}

nlohmann::json read_json(const SqlRow& row, std::size_t column) {
    const auto value = nlohmann::json::parse(read_text(row, column), nullptr, false);
    if (value.is_discarded()) {
        throw_corrupt();
    }
    return value;
}

std::vector<std::string> read_names(const SqlRow& row, std::size_t column) {
    std::vector<std::string> names;
    for (const auto& name : read_json(row, column)) {
        names.push_back(name.get<std::string>());
    }
    return names;
}

void notify_followers(PostgresTransaction& transaction) {
    // As PostgresListener reads it; the same text again in one transaction is sent once.
    transaction.run(
        "select pg_notify('rag_memory_changes', '@S. @POOL ' || pg_current_xact_id()::text)");
}

void add_change(PostgresTransaction& transaction, ChangeKind kind, CollectionId collection,
                DocumentId document) {
    const SqlRows rows = transaction.run(
        "insert into @S.changes (op, collection_id, document_id) values ($1, $2::bigint, "
        "$3::bigint) returning seq",
        {std::to_string(static_cast<int>(kind)), std::to_string(collection),
         std::to_string(document)});
    if (read_int(rows.rows.at(0), 0) % trim_interval == 0) {
        trim_changes(transaction);
    }
    notify_followers(transaction);
}

void add_document_changes(PostgresTransaction& transaction, ChangeKind kind,
                          std::span<const DocumentId> documents) {
    const SqlRows rows = transaction.run(
        "insert into @S.changes (op, collection_id, document_id) select $1, m.collection_id, "
        "m.document_id from @S.collection_documents m where m.document_id = any($2::bigint[]) "
        "order by 3, 2 returning seq",
        {std::to_string(static_cast<int>(kind)), to_sql_array(documents)});
    for (const SqlRow& row : rows.rows) {
        if (read_int(row, 0) % trim_interval == 0) {
            trim_changes(transaction);
        }
    }
    transaction.run("select pg_notify('rag_memory_changes', '')");
}

Vector parse_sent_vector(const std::string& hex, std::size_t size) {
    constexpr std::size_t header = 2 + 8;
    if (hex.size() != header + size * 8 || !hex.starts_with("\\x")) {
        throw Error(ErrorCode::corrupt, "The database holds a vector of another dimension.");
    }
    Vector vector(size);
    for (std::size_t i = 0; i < size; ++i) {
        std::uint32_t bits = 0;
        for (std::size_t digit = 0; digit < 8; ++digit) {
            bits = bits << 4 | hex_digit(hex[header + i * 8 + digit]);
        }
        vector[i] = std::bit_cast<float>(bits);
    }
    return vector;
}

std::int64_t ensure_space(PostgresTransaction& transaction, const EmbeddingSpace& space) {
    const SqlParams params{space.model, std::to_string(space.dimensions)};
    transaction.run(
        "insert into @S.embedding_spaces (model, dimensions) values ($1, $2::integer) "
        "on conflict do nothing",
        params);
    return read_int(transaction
                        .run("select id from @S.embedding_spaces where model = $1 "
                             "and dimensions = $2::integer",
                             params)
                        .rows.at(0),
                    0);
}

std::int64_t insert_vectors(PostgresTransaction& transaction, const EmbeddingSpace& space,
                            std::span<const ChunkVector> vectors) {
    const std::string space_id = std::to_string(ensure_space(transaction, space));
    std::int64_t written = 0;
    for (std::size_t first = 0; first < vectors.size(); first += chunks_a_statement) {
        nlohmann::json batch = nlohmann::json::array();
        const std::size_t end = std::min(first + chunks_a_statement, vectors.size());
        for (std::size_t i = first; i < end; ++i) {
            if (vectors[i].vector.size() != static_cast<std::size_t>(space.dimensions)) {
                throw Error(ErrorCode::invalid_argument,
                            "A vector has " + std::to_string(vectors[i].vector.size()) +
                                " dimensions, '" + space.model + "' gives " +
                                std::to_string(space.dimensions) + '.');
            }
            batch.push_back({{"k", vectors[i].chunk}, {"v", to_sql_vector(vectors[i].vector)}});
        }
        written += transaction.run(query_insert_vectors, {dump_json(batch), space_id}).affected;
    }
    return written;
}

std::vector<ChunkId> insert_chunks(PostgresTransaction& transaction, DocumentId document,
                                   const std::string& title, const EmbeddingSpace& space,
                                   std::span<const NewChunk> chunks) {
    std::vector<ChunkId> ids;
    if (chunks.empty()) {
        return ids;
    }
    for (const NewChunk& chunk : chunks) {
        check_embedding(chunk, space);
    }
    const bool embedded = std::any_of(chunks.begin(), chunks.end(), [](const NewChunk& chunk) {
        return !chunk.embedding.empty();
    });
    const std::string space_id =
        std::to_string(embedded ? ensure_space(transaction, space) : std::int64_t{0});
    for (std::size_t first = 0; first < chunks.size(); first += chunks_a_statement) {
        nlohmann::json batch = nlohmann::json::array();
        const std::size_t end = std::min(first + chunks_a_statement, chunks.size());
        for (std::size_t i = first; i < end; ++i) {
            batch.push_back(chunk_form(chunks[i], title, i));
        }
        const SqlRows rows = transaction.run(
            query_insert_chunks, {dump_json(batch), std::to_string(document), space_id});
        for (const SqlRow& row : rows.rows) {
            ids.push_back(read_int(row, 0));
        }
    }
    return ids;
}

}  // namespace rag::storage
