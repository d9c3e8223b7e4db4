#include "base/json.hpp"
#include "storage/postgres_store.hpp"
#include "storage/postgres_values.hpp"

#include <array>

namespace rag::storage {
namespace {

constexpr std::array<const char*, 5> state_names{"queued", "running", "completed", "failed",
                                                 "cancelled"};

const std::string query_job_columns =
    "id, kind, principal, join_key, request, progress, result, error, state, stop_requested, " +
    time_of("created_at") + ", " + time_of("updated_at");

const char* state_name(JobState state) {
    return state_names.at(static_cast<std::size_t>(state));
}

JobState read_state(const std::string& name) {
    for (std::size_t i = 0; i < state_names.size(); ++i) {
        if (name == state_names.at(i)) {
            return static_cast<JobState>(i);
        }
    }
    throw Error(ErrorCode::corrupt, "The database holds a job in an unknown state.");
}

Job read_job(const SqlRow& row) {
    Job job;
    job.id = read_text(row, 0);
    job.kind = read_text(row, 1);
    job.principal = read_text(row, 2);
    job.join_key = read_text(row, 3);
    job.request = read_json(row, 4);
    job.progress = read_json(row, 5);
    job.result = read_json(row, 6);
    job.error = read_text(row, 7);
    job.state = read_state(read_text(row, 8));
    job.stop_requested = read_text(row, 9) == "t";
    job.created_at = read_time(row, 10);
    job.updated_at = read_time(row, 11);
    return job;
}

std::vector<Job> read_jobs(const SqlRows& rows) {
    std::vector<Job> jobs;
    for (const SqlRow& row : rows.rows) {
        jobs.push_back(read_job(row));
    }
    return jobs;
}

}  // namespace

JobCreated PostgresStore::create_job(const CallContext& context, const NewJob& job) {
    JobCreated result;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        // The live job may end between the two statements; then there is room for the new one.
        for (;;) {
            SqlRows rows = transaction.run(
                "insert into @S.jobs (id, kind, principal, join_key, request) values ($1, $2, $3, "
                "$4, $5::json) on conflict (join_key) where state in ('queued', 'running') "
                "do nothing returning " +
                    query_job_columns,
                {job.id, job.kind, job.principal, to_stored_text(job.join_key),
                 to_stored_json(job.request)});
            result.created = !rows.empty();
            if (rows.empty()) {
                rows = transaction.run("select " + query_job_columns +
                                           " from @S.jobs where join_key = $1 and state in "
                                           "('queued', 'running')",
                                       {to_stored_text(job.join_key)});
            }
            if (!rows.empty()) {
                result.job = read_job(rows.rows[0]);
                return;
            }
            context.check();
        }
    });
    return result;
}

std::optional<Job> PostgresStore::find_job(const CallContext& context, std::string_view id) {
    const auto jobs =
        read_jobs(pool_.read(context, "select " + query_job_columns + " from @S.jobs where id = $1",
                             {to_stored_text(id)}));
    return jobs.empty() ? std::nullopt : std::optional(jobs[0]);
}

std::vector<Job> PostgresStore::list_jobs(const CallContext& context, std::int64_t limit) {
    return read_jobs(pool_.read(context,
                                "select " + query_job_columns +
                                    " from @S.jobs order by jobs.created_at desc, seq desc "
                                    "limit greatest($1::bigint, 0)",
                                {std::to_string(limit)}));
}

bool PostgresStore::lease_job(const CallContext& context, std::string_view id,
                              std::string_view owner, std::chrono::milliseconds duration) {
    return !pool_
                .run(context,
                     "update @S.jobs set state = 'running', lease_owner = $2, lease_until = "
                     "clock_timestamp() + $3::bigint * interval '1 millisecond', updated_at = "
                     "clock_timestamp() where id = $1 and (state = 'queued' or (state = 'running' "
                     "and (lease_owner = $2 or lease_until <= clock_timestamp()))) returning id",
                     {to_stored_text(id), to_stored_text(owner), std::to_string(duration.count())})
                .empty();
}

std::vector<Job> PostgresStore::list_abandoned_jobs(const CallContext& context,
                                                    std::int64_t limit) {
    return read_jobs(
        pool_.read(context,
                   "select " + query_job_columns +
                       " from @S.jobs where state = 'queued' or (state = 'running' and "
                       "lease_until <= clock_timestamp()) order by jobs.created_at, seq "
                       "limit greatest($1::bigint, 0)",
                   {std::to_string(limit)}));
}

JobSignal PostgresStore::save_job_progress(const CallContext& context, std::string_view id,
                                           std::string_view owner, const nlohmann::json& progress) {
    const SqlRows rows = pool_.run(
        context,
        "update @S.jobs set progress = $3::json, updated_at = clock_timestamp() where id = $1 "
        "and lease_owner = $2 and state = 'running' returning stop_requested",
        {to_stored_text(id), to_stored_text(owner), to_stored_json(progress)});
    if (rows.empty()) {
        return JobSignal::lost_lease;
    }
    return read_text(rows.rows[0], 0) == "t" ? JobSignal::stop : JobSignal::go_on;
}

void PostgresStore::finish_job(const CallContext& context, std::string_view id,
                               const JobOutcome& outcome) {
    pool_.run(context,
              "update @S.jobs set state = $2, result = $3::json, error = $4, lease_owner = null, "
              "lease_until = null, updated_at = clock_timestamp() where id = $1 "
              "and state in ('queued', 'running')",
              {to_stored_text(id), state_name(outcome.state), to_stored_json(outcome.result),
               to_stored_text(outcome.error)});
}

bool PostgresStore::request_job_stop(const CallContext& context, std::string_view id) {
    return !pool_
                .run(context,
                     "update @S.jobs set stop_requested = true, updated_at = clock_timestamp() "
                     "where id = $1 and state in ('queued', 'running') returning id",
                     {to_stored_text(id)})
                .empty();
}

}  // namespace rag::storage
