#include "storage/postgres_scope.hpp"

#include "storage/postgres_filter.hpp"
#include "storage/postgres_values.hpp"

#include <utility>
#include <vector>

namespace rag::storage {
namespace {

const std::string metadata_sql = "(d.metadata || k.metadata)";

}  // namespace

std::string SqlStatement::add(std::string value, const std::string& type) {
    params.emplace_back(std::move(value));
    return '$' + std::to_string(params.size()) + "::" + type;
}

std::string SqlStatement::add_scope(const SearchScope& scope, bool& exact) {
    const std::string collections = add(to_sql_array(scope.collections), "bigint[]");
    const SqlFilter filter = compile_filter(scope.filter, metadata_sql, params.size() + 1);
    params.insert(params.end(), filter.params.begin(), filter.params.end());
    exact = filter.exact;
    return "exists (select from @S.collection_documents m where m.document_id = k.document_id and "
           "m.collection_id = any(" +
           collections + ")) and " + filter.condition;
}

SqlScope::SqlScope(const CallContext& context, PostgresPool& pool, const SearchScope& scope) {
    bool exact = true;
    condition_ = statement.add_scope(scope, exact);
    if (exact) {
        return;
    }
    const SqlRows rows = pool.read(context,
                                   "select k.id, " + metadata_sql +
                                       " from @S.document_chunks k join @S.source_documents d on "
                                       "d.id = k.document_id where " +
                                       condition_,
                                   statement.params);
    std::vector<ChunkId> ids;
    for (const SqlRow& row : rows.rows) {
        if (matches(scope.filter, read_json(row, 1))) {
            ids.push_back(read_int(row, 0));
        }
    }
    statement.params.clear();
    condition_ = "k.id = any(" + statement.add(to_sql_array(ids), "bigint[]") + ')';
}

}  // namespace rag::storage
