#include "storage/sqlite_search.hpp"

#include "storage/sqlite_rows.hpp"
#include "storage/sqlite_vectors.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

namespace rag::storage {
namespace {

constexpr double bm25_k1 = 1.2;

/// Chunk k of document d lies under the scope: ?1 collections, ?2 whether there is a filter, ?3 it.
const std::string in_scope =
    "EXISTS (SELECT 1 FROM collection_documents m WHERE m.document_id = k.document_id AND "
    "m.collection_id IN (SELECT value FROM json_each(?1))) AND (?2 = 0 OR rag_matches(?3, "
    "(SELECT d.metadata FROM source_documents d WHERE d.id = k.document_id), k.metadata)) ";

/// The chunks of collections ?1, from an index alone, so that no text is read.
constexpr std::string_view sql_chunks =
    "SELECT k.id FROM collection_documents m JOIN document_chunks k ON k.document_id = "
    "m.document_id WHERE m.collection_id IN (SELECT value FROM json_each(?1))";

/// Those of them that satisfy filter ?2.
constexpr std::string_view sql_filtered_chunks =
    "SELECT k.id FROM collection_documents m JOIN source_documents d ON d.id = m.document_id JOIN "
    "document_chunks k ON k.document_id = d.id WHERE m.collection_id IN (SELECT value FROM "
    "json_each(?1)) AND rag_matches(?2, d.metadata, k.metadata)";

constexpr std::string_view sql_vectors =
    "SELECT chunk_id, scale, codes FROM vectors WHERE space_id = ?1";
constexpr std::string_view sql_vector =
    "SELECT scale, codes FROM vectors WHERE chunk_id = ?1 AND space_id = ?2";
/// So many times fewer chunks than the store holds are looked up one by one.
constexpr std::int64_t lookup_ratio = 8;

const std::string sql_matches =
    "SELECT w.rowid, rag_bm25(words, ?5) AS score, k.text_key FROM words w JOIN "
    "document_chunks k ON k.id = w.rowid WHERE words MATCH ?4 AND " +
    in_scope + "ORDER BY score DESC, w.rowid LIMIT ?6";

const std::string sql_count = "SELECT count(*) FROM document_chunks k WHERE " + in_scope;

void bind_scope(Statement& statement, const SearchScope& scope, const std::string& collections) {
    statement.bind(1, std::string_view(collections));
    statement.bind(2, std::int64_t{scope.filter.empty() ? 0 : 1});
    statement.bind_filter(3, scope.filter);
}

bool is_better(const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
}

void keep_best(Candidates& candidates, std::size_t count) {
    const std::size_t kept = std::min(count, candidates.size());
    std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(kept),
                      candidates.end(), &is_better);
    candidates.resize(kept);
}

void read_text_keys(Connection& db, Candidates& candidates) {
    for (Candidate& candidate : candidates) {
        Statement row = db.prepare("SELECT text_key FROM document_chunks WHERE id = ?1");
        row.bind(1, candidate.chunk);
        if (row.step()) {
            candidate.text_key = std::bit_cast<std::uint64_t>(row.integer(0));
        }
    }
}

std::optional<std::int64_t> find_space(Connection& db, const EmbeddingSpace& space) {
    Statement row =
        db.prepare("SELECT id FROM embedding_spaces WHERE model = ?1 AND dimensions = ?2");
    row.bind(1, std::string_view(space.model)).bind(2, std::int64_t{space.dimensions});
    return row.step() ? std::optional(row.integer(0)) : std::nullopt;
}

std::string quote(std::string_view term) {
    std::string quoted = "\"";
    for (const char c : term) {
        quoted += c;
        if (c == '"') {
            quoted += c;
        }
    }
    return quoted + "\"";
}

/// An FTS5 expression in which the scoring terms come first, because rag_bm25 counts from there.
struct Expression {
    std::string text;
    std::int64_t scoring = 0;
};

std::string join_phrase(const std::vector<std::string>& terms) {
    std::string joined;
    for (const std::string& term : terms) {
        joined += (joined.empty() ? "" : " ") + term;
    }
    return quote(joined);
}

enum class Terms { scoring, all };

Expression make_expression(const WordQuery& query, Terms which) {
    Expression expression;
    std::string stops;
    for (const QueryTerm& term : query.terms) {
        if (term.stop) {
            stops += (stops.empty() ? "" : " OR ") + quote(term.term);
        } else {
            expression.text += (expression.text.empty() ? "" : " OR ") + quote(term.term);
            ++expression.scoring;
        }
    }
    if (which == Terms::all && !stops.empty()) {
        expression.text += (expression.text.empty() ? "" : " OR ") + stops;
    }
    if (expression.text.empty()) {
        return expression;
    }
    expression.text = "(" + expression.text + ")";
    for (const std::vector<std::string>& phrase : query.phrases) {
        if (!phrase.empty()) {
            expression.text += " AND " + join_phrase(phrase);
        }
    }
    return expression;
}

Candidates match(Connection& db, const SearchScope& scope, const Expression& expression,
                 std::size_t count) {
    const std::string collections = id_list(scope.collections);
    Statement rows = db.prepare(sql_matches);
    bind_scope(rows, scope, collections);
    rows.bind(4, std::string_view(expression.text)).bind(5, expression.scoring);
    rows.bind(6, static_cast<std::int64_t>(std::min<std::size_t>(count, INT64_MAX)));
    Candidates candidates;
    while (rows.step()) {
        candidates.push_back(
            {rows.integer(0), rows.real(1), std::bit_cast<std::uint64_t>(rows.integer(2))});
    }
    return candidates;
}

std::int64_t count_chunks(Connection& db) {
    Statement row = db.prepare("SELECT count(*) FROM document_chunks");
    row.step();
    return row.integer(0);
}

std::int64_t count_holding(Connection& db, const std::string& term) {
    Statement row = db.prepare("SELECT doc FROM words_vocabulary WHERE term = ?1");
    row.bind(1, std::string_view(term));
    return row.step() ? row.integer(0) : 0;
}

double ideal_score(Connection& db, const WordQuery& query) {
    const auto rows = static_cast<double>(count_chunks(db));
    double sum = 0;
    for (const QueryTerm& term : query.terms) {
        if (!term.stop) {
            const auto hits = static_cast<double>(count_holding(db, term.term));
            sum += std::log(1 + (rows - hits + 0.5) / (hits + 0.5));
        }
    }
    return (bm25_k1 + 1) * sum;
}

/// The chunks under the scope, sorted.
std::vector<ChunkId> list_chunks(Connection& db, const SearchScope& scope) {
    const std::string collections = id_list(scope.collections);
    Statement rows = db.prepare(scope.filter.empty() ? sql_chunks : sql_filtered_chunks);
    rows.bind(1, std::string_view(collections));
    if (!scope.filter.empty()) {
        rows.bind_filter(2, scope.filter);
    }
    std::vector<ChunkId> chunks;
    while (rows.step()) {
        chunks.push_back(rows.integer(0));
    }
    std::sort(chunks.begin(), chunks.end());
    chunks.erase(std::unique(chunks.begin(), chunks.end()), chunks.end());
    return chunks;
}

/// The similarity of each of the sorted chunks that has a vector of the space.
Candidates measure(Connection& db, const VectorQuery& asked, std::int64_t space,
                   const std::vector<ChunkId>& chunks) {
    Candidates candidates;
    if (static_cast<std::int64_t>(chunks.size()) * lookup_ratio < count_chunks(db)) {
        for (const ChunkId chunk : chunks) {
            Statement row = db.prepare(sql_vector);
            row.bind(1, chunk).bind(2, space);
            if (row.step()) {
                candidates.push_back({chunk, asked.similarity(row.real(0), row.blob(1)), 0});
            }
        }
        return candidates;
    }
    candidates.reserve(chunks.size());
    Statement rows = db.prepare(sql_vectors);
    rows.bind(1, space);
    while (rows.step()) {
        const ChunkId chunk = rows.integer(0);
        if (std::binary_search(chunks.begin(), chunks.end(), chunk)) {
            candidates.push_back({chunk, asked.similarity(rows.real(1), rows.blob(2)), 0});
        }
    }
    return candidates;
}

}  // namespace

Candidates SqliteSearch::nearest(const CallContext& context, const SearchScope& scope,
                                 const EmbeddingSpace& space, std::span<const float> query,
                                 std::size_t count) {
    Candidates candidates;
    const VectorQuery asked(query);
    database_->read(context, [&](Connection& db) {
        const std::optional<std::int64_t> space_id = find_space(db, space);
        if (!space_id || query.size() != static_cast<std::size_t>(space.dimensions)) {
            return;
        }
        candidates = measure(db, asked, *space_id, list_chunks(db, scope));
        keep_best(candidates, count);
        read_text_keys(db, candidates);
    });
    return candidates;
}

WordCandidates SqliteSearch::best_words(const CallContext& context, const SearchScope& scope,
                                        const WordQuery& query, std::size_t count) {
    WordCandidates found;
    found.ideal = 0;
    database_->read(context, [&](Connection& db) {
        const Expression scoring = make_expression(query, Terms::scoring);
        const Expression all = make_expression(query, Terms::all);
        if (!scoring.text.empty()) {
            found.hits = match(db, scope, scoring, count);
            found.ideal = ideal_score(db, query);
        }
        if (found.hits.size() < count && all.text != scoring.text) {
            // What holds stop words only fills up at score 0.
            found.hits = match(db, scope, all, count);
        }
    });
    return found;
}

std::vector<std::optional<double>> SqliteSearch::similarities(const CallContext& context,
                                                              const EmbeddingSpace& space,
                                                              std::span<const float> query,
                                                              std::span<const ChunkId> chunks) {
    std::vector<std::optional<double>> similarities(chunks.size());
    const VectorQuery asked(query);
    database_->read(context, [&](Connection& db) {
        const std::optional<std::int64_t> space_id = find_space(db, space);
        for (std::size_t i = 0; i < chunks.size() && space_id; ++i) {
            Statement row = db.prepare(sql_vector);
            row.bind(1, chunks[i]).bind(2, *space_id);
            if (row.step()) {
                similarities[i] = asked.similarity(row.real(0), row.blob(1));
            }
        }
    });
    return similarities;
}

std::vector<double> SqliteSearch::word_scores(const CallContext& context, const SearchScope&,
                                              const WordQuery& query,
                                              std::span<const ChunkId> chunks) {
    std::vector<double> scores(chunks.size(), 0);
    WordQuery terms_only = query;
    terms_only.phrases.clear();
    const Expression expression = make_expression(terms_only, Terms::scoring);
    if (expression.text.empty() || chunks.empty()) {
        return scores;
    }
    const std::string ids = id_list({chunks.begin(), chunks.end()});
    std::unordered_map<ChunkId, double> by_chunk;
    database_->read(context, [&](Connection& db) {
        Statement rows = db.prepare(
            "SELECT rowid, rag_bm25(words, ?2) FROM words WHERE words "
            "MATCH ?1 AND rowid IN (SELECT value FROM json_each(?3))");
        rows.bind(1, std::string_view(expression.text)).bind(2, expression.scoring);
        rows.bind(3, std::string_view(ids));
        while (rows.step()) {
            by_chunk[rows.integer(0)] = rows.real(1);
        }
    });
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        const auto found = by_chunk.find(chunks[i]);
        scores[i] = found == by_chunk.end() ? 0 : found->second;
    }
    return scores;
}

WordStatistics SqliteSearch::count_words(const CallContext& context, const SearchScope&,
                                         std::span<const std::string> stems) {
    WordStatistics statistics;
    database_->read(context, [&](Connection& db) {
        statistics.chunk_count = count_chunks(db);
        for (const std::string& stem : stems) {
            statistics.frequencies.push_back(count_holding(db, stem));
        }
    });
    return statistics;
}

std::vector<Passage> SqliteSearch::load(const CallContext& context,
                                        std::span<const ChunkId> chunks) {
    std::vector<Passage> passages;
    database_->read(context, [&](Connection& db) {
        for (const ChunkId id : chunks) {
            Statement row = db.prepare(
                "SELECT k.id, k.document_id, k.chunk_index, k.content, k.char_start, k.char_end, "
                "k.heading_path, k.metadata, d.filename, d.file_type, d.metadata FROM "
                "document_chunks k JOIN source_documents d ON d.id = k.document_id WHERE k.id = "
                "?1");
            row.bind(1, id);
            if (row.step()) {
                passages.push_back(
                    {read_chunk(row), row.text(8), row.text(9), read_json(row.text(10))});
            }
        }
    });
    return passages;
}

std::int64_t SqliteSearch::count(const CallContext& context, const SearchScope& scope) {
    std::int64_t total = 0;
    const std::string collections = id_list(scope.collections);
    database_->read(context, [&](Connection& db) {
        Statement row = db.prepare(sql_count);
        bind_scope(row, scope, collections);
        row.step();
        total = row.integer(0);
    });
    return total;
}

}  // namespace rag::storage
