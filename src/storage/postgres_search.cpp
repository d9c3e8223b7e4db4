#include "storage/postgres_search.hpp"

#include "storage/postgres_scope.hpp"
#include "storage/postgres_values.hpp"
#include "storage/postgres_vector.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

namespace rag::storage {
namespace {

/// pgvector's limit for hnsw.ef_search, and so for what one walk of the graph gives.
constexpr std::size_t graph_count_max = 1000;
constexpr std::size_t graph_breadth_min = 100;
/// How many vectors a walk may look at for each hit before looking at all of them is cheaper.
constexpr std::size_t graph_tuples_a_hit = 20;
constexpr std::size_t graph_tuples_min = 4000;

/// So many chunks are ranked by their words at most, unless there are too few rare ones.
constexpr std::int64_t ranked_max = 5000;

std::string any_of(const std::vector<std::string>& lexemes) {
    std::string query;
    for (const std::string& lexeme : lexemes) {
        query += (query.empty() ? "" : " | ") + quote_lexeme(lexeme);
    }
    return query;
}

/// The terms of the query that score, or those that only match.
std::vector<std::string> list_terms(const WordQuery& query, bool stop) {
    std::vector<std::string> terms;
    for (const QueryTerm& term : query.terms) {
        if (term.stop == stop) {
            terms.push_back(term.term);
        }
    }
    return terms;
}

/// Of the terms the rarest: as many as hold `count` chunks, and more while that is not too many to
/// rank. A term that is not among the common ones is rare, and perhaps nowhere.
std::vector<std::string> choose_rare(const std::vector<std::string>& terms,
                                     const CommonWords& common, std::size_t count) {
    std::vector<std::pair<std::int64_t, std::string>> sorted;
    for (const std::string& term : terms) {
        const auto known = common.frequencies.find(term);
        sorted.emplace_back(known == common.frequencies.end() ? 0 : known->second, term);
    }
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::string> rare;
    std::int64_t sum = 0;
    for (const auto& [frequency, term] : sorted) {
        if (sum + frequency > ranked_max && sum >= static_cast<std::int64_t>(count)) {
            break;
        }
        sum += frequency;
        rare.push_back(term);
    }
    return rare;
}

/// `score`, or 0 where the query has nothing that scores.
std::string score_sql(const WordQuery& query, SqlStatement& statement) {
    const std::string scored = any_of(list_terms(query, false));
    // 1: divided by 1 + log of the length, so that long chunks do not win by length alone.
    return scored.empty() ? "0::float8"
                          : "ts_rank(k.words, " + statement.add(scored, "tsquery") + ", 1)::float8";
}

/// Each phrase stands in chunk k.
std::string phrases_sql(const WordQuery& query, SqlStatement& statement) {
    std::string condition;
    for (const auto& phrase : query.phrases) {
        std::string sequence;
        for (const std::string& term : phrase) {
            sequence += (sequence.empty() ? "" : " <-> ") + quote_lexeme(term);
        }
        if (!sequence.empty()) {
            condition += " and k.words @@ " + statement.add(sequence, "tsquery");
        }
    }
    return condition;
}

std::string to_limit(std::size_t count) {
    return std::to_string(std::min<std::size_t>(count, INT64_MAX));
}

Candidates read_candidates(const SqlRows& rows) {
    Candidates candidates;
    candidates.reserve(rows.rows.size());
    for (const SqlRow& row : rows.rows) {
        candidates.push_back({read_int(row, 0), read_double(row, 1),
                              std::bit_cast<std::uint64_t>(read_int(row, 2))});
    }
    return candidates;
}

const std::string query_space = "(select s.id from @S.embedding_spaces s where s.model = ";

bool is_zero(std::span<const float> query) {
    return std::all_of(query.begin(), query.end(), [](float x) { return x == 0.0F; });
}

/// pgvector's cosine distance of a zero vector is NaN; we call such vectors unrelated.
std::string similarity_sql(SqlStatement& statement, std::span<const float> query) {
    if (is_zero(query)) {
        return "0::float8";
    }
    return "coalesce(nullif(1 - (v.embedding operator(@V.<=>) " +
           statement.add(to_sql_vector(query), "@VECTOR") + "), 'NaN'::float8), 0)";
}

struct Graph {
    std::int64_t space = 0;
    std::string type;
    VectorExtension extension;
};

std::optional<Graph> find_graph(PostgresTransaction& transaction, const EmbeddingSpace& space) {
    const SqlRows rows = transaction.run(
        "select s.id, n.nspname, e.extversion from @S.embedding_spaces s join pg_catalog.pg_index "
        "i on i.indexrelid = to_regclass('@S.chunk_vectors_hnsw_' || s.id) and i.indisvalid join "
        "pg_catalog.pg_extension e on e.extname = 'vector' join pg_catalog.pg_namespace n on n.oid "
        "= e.extnamespace where s.model = $1 and s.dimensions = $2::integer",
        {space.model, std::to_string(space.dimensions)});
    if (rows.empty()) {
        return std::nullopt;
    }
    Graph graph{
        read_int(rows.rows[0], 0), "", {read_text(rows.rows[0], 1), read_text(rows.rows[0], 2)}};
    const auto type = graph_type(graph.extension, space.dimensions);
    if (!type) {
        return std::nullopt;
    }
    graph.type = *type;
    return graph;
}

/// For this transaction: the graph instead of a sort, wide enough for so many hits, and on where a
/// filter has left too few. Compiling a plan would take longer than the walk.
void prepare_walk(PostgresTransaction& transaction, const VectorExtension& extension,
                  std::size_t count) {
    std::string sql =
        "select set_config('enable_sort', 'off', true), set_config('jit', 'off', true), "
        "set_config('hnsw.ef_search', $1, true)";
    SqlParams params{std::to_string(std::clamp(count, graph_breadth_min, graph_count_max))};
    if (extension.has_iterative_scan()) {
        sql +=
            ", set_config('hnsw.iterative_scan', 'relaxed_order', true), "
            "set_config('hnsw.max_scan_tuples', $2, true)";
        params.emplace_back(std::to_string(std::max(count * graph_tuples_a_hit, graph_tuples_min)));
    }
    transaction.run(sql, params);
}

/// The frequencies of the stems: those that `common` knows as it has them, the others counted.
WordStatistics count_in(PostgresTransaction& transaction,
                        const std::shared_ptr<const CommonWords>& common,
                        std::span<const std::string> stems) {
    WordStatistics statistics;
    statistics.frequencies.assign(stems.size(), 0);
    nlohmann::json queries = nlohmann::json::array();
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < stems.size(); ++i) {
        if (common != nullptr && common->frequencies.contains(stems[i])) {
            statistics.frequencies[i] = common->frequencies.at(stems[i]);
        } else {
            queries.push_back(quote_lexeme(stems[i]));
            places.push_back(i);
        }
    }
    if (common != nullptr && places.empty()) {
        statistics.chunk_count = common->chunk_count;
        return statistics;
    }
    const SqlRows rows = transaction.run(
        "select 0, " +
            (common == nullptr ? "(select count(*) from @S.document_chunks)"
                               : std::to_string(common->chunk_count)) +
            " union all select q.place, "
            "(select count(*) from @S.document_chunks k where k.words @@ q.query::tsquery) from "
            "json_array_elements_text($1::json) with ordinality as q(query, place) order by 1",
        {to_stored_json(queries)}, common == nullptr ? Plan::kept : Plan::fresh);
    statistics.chunk_count = read_int(rows.rows.at(0), 1);
    for (std::size_t i = 1; i < rows.rows.size(); ++i) {
        statistics.frequencies.at(places.at(i - 1)) = read_int(rows.rows[i], 1);
    }
    return statistics;
}

std::string space_sql(SqlStatement& statement, const EmbeddingSpace& space) {
    const std::string model = statement.add(space.model, "text");
    return query_space + model +
           " and s.dimensions = " + statement.add(std::to_string(space.dimensions), "integer") +
           ')';
}

}  // namespace

Candidates PostgresSearch::nearest(const CallContext& context, const SearchScope& scope,
                                   const EmbeddingSpace& space, std::span<const float> query,
                                   std::size_t count) {
    if (auto found = nearest_by_graph(context, scope, space, query, count)) {
        return *std::move(found);
    }
    SqlScope scoped(context, pool_, scope);
    SqlStatement& statement = scoped.statement;
    const std::string similarity = similarity_sql(statement, query);
    const std::string space_id = space_sql(statement, space);
    const std::string limit = statement.add(to_limit(count), "bigint");
    return read_candidates(pool_.read(context,
                                      "select k.id, " + similarity +
                                          " as score, k.text_key from @S.chunk_vectors v join "
                                          "@S.document_chunks k on k.id = v.chunk_id join "
                                          "@S.source_documents d on d.id = k.document_id where "
                                          "v.space_id = " +
                                          space_id + " and " + scoped.condition() +
                                          " order by score desc, k.id limit " + limit,
                                      statement.params));
}

/// Null where there is no graph, or its walk ended before it had found enough under the scope: then
/// only a look at all of them tells whether there are more. Vectors of length zero are in no graph.
std::optional<Candidates> PostgresSearch::nearest_by_graph(const CallContext& context,
                                                           const SearchScope& scope,
                                                           const EmbeddingSpace& space,
                                                           std::span<const float> query,
                                                           std::size_t count) {
    SqlStatement statement;
    bool exact = true;
    const std::string condition = statement.add_scope(scope, exact);
    if (!exact || is_zero(query) || count == 0 || count > graph_count_max) {
        return std::nullopt;
    }
    SqlRows rows;
    pool_.read(context, [&](PostgresTransaction& transaction) {
        rows = {};
        const auto graph = find_graph(transaction, space);
        if (!graph) {
            return;
        }
        prepare_walk(transaction, graph->extension, count);
        SqlStatement walk = statement;
        const std::string distance = graph_expression("v.", graph->type) + " operator(@V.<=>) " +
                                     walk.add(to_sql_vector(query), "@V." + graph->type);
        const std::string limit = walk.add(to_limit(count), "bigint");
        rows = transaction.run(
            "with found as materialized (select k.id, " + distance +
                " as distance, k.text_key from @S.chunk_vectors v join @S.document_chunks k on "
                "k.id = v.chunk_id join @S.source_documents d on d.id = k.document_id where "
                "v.space_id = " +
                std::to_string(graph->space) + " and " + condition + " order by " + distance +
                " limit " + limit +
                ") select id, 1 - distance as score, text_key from found order by distance, id",
            walk.params, Plan::fresh);
    });
    if (rows.rows.size() < count) {
        return std::nullopt;
    }
    return read_candidates(rows);
}

/// Frequent terms match a great part of the chunks, whose words would all have to be read to rank
/// them: the rare ones are asked for first, and suffice as a rule. Stop terms match nearly every
/// chunk: what holds only such terms is asked for by itself, in the order of the ids, when the list
/// has room.
WordCandidates PostgresSearch::best_words(const CallContext& context, const SearchScope& scope,
                                          const WordQuery& query, std::size_t count) {
    WordCandidates found;
    const std::vector<std::string> terms = list_terms(query, false);
    const std::string scored = any_of(terms);
    const std::string stop = any_of(list_terms(query, true));
    const auto common = terms.size() > 1 ? common_words_.read(context) : nullptr;
    if (common != nullptr) {
        const std::vector<std::string> rare = choose_rare(terms, *common, count);
        if (rare.size() < terms.size()) {
            found.hits = match(context, scope, query, {any_of(rare), ""}, count);
        }
    }
    if (!scored.empty() && found.hits.size() < count) {
        found.hits = match(context, scope, query, {scored, ""}, count);
    }
    if (!stop.empty() && found.hits.size() < count) {
        const Candidates more =
            match(context, scope, query, {stop, scored}, count - found.hits.size());
        found.hits.insert(found.hits.end(), more.begin(), more.end());
    }
    return found;
}

/// The best chunks that hold one of the terms of `wanted.any` and none of `wanted.none`.
Candidates PostgresSearch::match(const CallContext& context, const SearchScope& scope,
                                 const WordQuery& query, const Wanted& wanted, std::size_t count) {
    SqlScope scoped(context, pool_, scope);
    SqlStatement& statement = scoped.statement;
    std::string condition = "k.words @@ " + statement.add(wanted.any, "tsquery");
    std::string score = "0::float8";
    if (wanted.none.empty()) {
        score = score_sql(query, statement);
    } else {
        condition += " and not k.words @@ " + statement.add(wanted.none, "tsquery");
    }
    condition += phrases_sql(query, statement);
    // Ids alone let the database walk them and end early.
    const std::string order = score == "0::float8" ? "k.id" : "score desc, k.id";
    const std::string limit = statement.add(to_limit(count), "bigint");
    return read_candidates(pool_.read(context,
                                      "select k.id, " + score +
                                          " as score, k.text_key from @S.document_chunks k join "
                                          "@S.source_documents d on d.id = k.document_id where " +
                                          condition + " and " + scoped.condition() + " order by " +
                                          order + " limit " + limit,
                                      statement.params, Plan::fresh));
}

std::vector<std::optional<double>> PostgresSearch::similarities(const CallContext& context,
                                                                const EmbeddingSpace& space,
                                                                std::span<const float> query,
                                                                std::span<const ChunkId> chunks) {
    SqlStatement statement;
    const std::string similarity = similarity_sql(statement, query);
    const std::string space_id = space_sql(statement, space);
    const std::string ids = statement.add(to_sql_array(chunks), "bigint[]");
    std::unordered_map<ChunkId, double> found;
    for (const SqlRow& row : pool_
                                 .read(context,
                                       "select v.chunk_id, " + similarity +
                                           " from @S.chunk_vectors v where v.space_id = " +
                                           space_id + " and v.chunk_id = any(" + ids + ')',
                                       statement.params)
                                 .rows) {
        found[read_int(row, 0)] = read_double(row, 1);
    }
    std::vector<std::optional<double>> answer;
    for (const ChunkId chunk : chunks) {
        const auto entry = found.find(chunk);
        answer.push_back(entry == found.end() ? std::nullopt : std::optional(entry->second));
    }
    return answer;
}

std::vector<double> PostgresSearch::word_scores(const CallContext& context,
                                                const SearchScope& /*scope*/,
                                                const WordQuery& query,
                                                std::span<const ChunkId> chunks) {
    std::unordered_map<ChunkId, double> found;
    if (!list_terms(query, false).empty()) {
        SqlStatement statement;
        const std::string score = score_sql(query, statement);
        const std::string ids = statement.add(to_sql_array(chunks), "bigint[]");
        for (const SqlRow& row :
             pool_
                 .read(context,
                       "select k.id, " + score + " from @S.document_chunks k where k.id = any(" +
                           ids + ")",
                       statement.params)
                 .rows) {
            found[read_int(row, 0)] = read_double(row, 1);
        }
    }
    std::vector<double> scores;
    for (const ChunkId chunk : chunks) {
        const auto entry = found.find(chunk);
        scores.push_back(entry == found.end() ? 0.0 : entry->second);
    }
    return scores;
}

WordStatistics PostgresSearch::count_words(const CallContext& context, const SearchScope& /*scope*/,
                                           std::span<const std::string> stems) {
    WordStatistics statistics;
    pool_.read(context, [&](PostgresTransaction& transaction) {
        statistics = count_in(transaction, common_words_.read(transaction), stems);
    });
    return statistics;
}

std::vector<Passage> PostgresSearch::load(const CallContext& context,
                                          std::span<const ChunkId> chunks) {
    std::vector<Passage> passages;
    for (const SqlRow& row :
         pool_
             .read(
                 context,
                 "select k.id, k.document_id, k.chunk_index, k.content, k.char_start, k.char_end, "
                 "k.heading_path, k.metadata, d.filename, d.file_type, d.metadata from "
                 "unnest($1::bigint[]) with ordinality as wanted(id, place) join "
                 "@S.document_chunks k "
                 "on k.id = wanted.id join @S.source_documents d on d.id = k.document_id "
                 "order by wanted.place",
                 {to_sql_array(chunks)})
             .rows) {
        Passage passage;
        passage.chunk.id = read_int(row, 0);
        passage.chunk.document_id = read_int(row, 1);
        passage.chunk.chunk_index = read_int(row, 2);
        passage.chunk.content = read_text(row, 3);
        if (row.at(4) && row.at(5)) {
            passage.chunk.char_start = read_int(row, 4);
            passage.chunk.char_end = read_int(row, 5);
        }
        passage.chunk.heading_path = read_text(row, 6);
        passage.chunk.metadata = read_json(row, 7);
        passage.filename = read_text(row, 8);
        passage.file_type = read_text(row, 9);
        passage.document_metadata = read_json(row, 10);
        passages.push_back(std::move(passage));
    }
    return passages;
}

std::int64_t PostgresSearch::count(const CallContext& context, const SearchScope& scope) {
    const SqlScope scoped(context, pool_, scope);
    return read_int(
        pool_
            .read(context,
                  "select count(*) from @S.document_chunks k join @S.source_documents d on "
                  "d.id = k.document_id where " +
                      scoped.condition(),
                  scoped.statement.params)
            .rows.at(0),
        0);
}

}  // namespace rag::storage
