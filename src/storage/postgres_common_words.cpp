#include "storage/postgres_common_words.hpp"

#include "storage/postgres_values.hpp"

#include <cmath>
#include <utility>

namespace rag::storage {
namespace {

constexpr std::chrono::minutes kept_for{5};

/// The first row is the number of chunks. The statistics of a tsvector are of its terms; behind
/// their frequencies stand a few numbers without a term.
const std::string query_common_words =
    "with sizes as (select c.reltuples::bigint as chunks from pg_catalog.pg_class c "
    "where c.oid = '@S.document_chunks'::regclass) "
    "select null, chunks::float8 from sizes union all "
    "select u.term, u.frequency::float8 from sizes, pg_catalog.pg_stats s, "
    "unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) as u(term, frequency) "
    "where sizes.chunks >= $1::bigint and s.schemaname = $2 and s.tablename = 'document_chunks' "
    "and s.attname = 'words' and u.term is not null";

std::shared_ptr<const CommonWords> to_words(const SqlRows& rows) {
    auto words = std::make_shared<CommonWords>();
    for (const SqlRow& row : rows.rows) {
        if (!row.at(0)) {
            words->chunk_count = std::llround(read_double(row, 1));
        }
    }
    for (const SqlRow& row : rows.rows) {
        if (row.at(0)) {
            words->frequencies[*row[0]] =
                std::llround(read_double(row, 1) * static_cast<double>(words->chunk_count));
        }
    }
    return words->frequencies.empty() ? nullptr : words;
}

}  // namespace

std::shared_ptr<const CommonWords> PostgresCommonWords::read(PostgresTransaction& transaction) {
    std::shared_ptr<const CommonWords> words;
    if (find_kept(words)) {
        return words;
    }
    words = to_words(
        transaction.run(query_common_words, {std::to_string(chunks_min), pool_.options().schema}));
    const std::scoped_lock lock(mutex_);
    kept_ = {words, std::chrono::steady_clock::now() + kept_for};
    return words;
}

std::shared_ptr<const CommonWords> PostgresCommonWords::read(const CallContext& context) {
    std::shared_ptr<const CommonWords> words;
    if (!find_kept(words)) {
        pool_.read(context, [&](PostgresTransaction& transaction) { words = read(transaction); });
    }
    return words;
}

bool PostgresCommonWords::find_kept(std::shared_ptr<const CommonWords>& words) const {
    const std::scoped_lock lock(mutex_);
    if (std::chrono::steady_clock::now() >= kept_.until) {
        return false;
    }
    words = kept_.words;
    return true;
}

}  // namespace rag::storage
