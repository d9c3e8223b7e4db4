#include "storage/postgres_upkeep.hpp"

#include <string>

namespace rag::storage {
namespace {

/// $1 is the age's limit in days, $2 how many of a document's versions stay.
constexpr const char* old_versions =
    "from @S.document_versions v using (select document_id, version, row_number() over (partition "
    "by document_id order by version desc) as place from @S.document_versions) p "
    "where v.document_id = p.document_id and v.version = p.version and p.place > $2::bigint "
    "and v.created_at < clock_timestamp() - make_interval(days => $1::int)";
constexpr const char* old_jobs =
    "from @S.jobs where state not in ('queued', 'running') "
    "and updated_at < clock_timestamp() - make_interval(days => $1::int)";

std::int64_t remove(PostgresTransaction& transaction, const char* rows, const SqlParams& params) {
    return transaction.run(std::string("delete ") + rows, params).affected;
}

}  // namespace

RemovedRows PostgresUpkeep::remove_old(const CallContext& context, const Retention& retention,
                                       Removal removal) {
    RemovedRows removed;
    const auto work = [&](PostgresTransaction& transaction) {
        transaction.run("savepoint before_upkeep");
        removed.versions = remove(transaction, old_versions,
                                  {std::to_string(retention.version_age_max.count()),
                                   std::to_string(retention.versions_kept)});
        removed.jobs =
            remove(transaction, old_jobs, {std::to_string(retention.job_age_max.count())});
        if (removal == Removal::counted) {
            transaction.run("rollback to savepoint before_upkeep");
        }
    };
    pool_.transact(context, work);
    return removed;
}

}  // namespace rag::storage
