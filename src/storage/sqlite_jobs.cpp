#include "rag/error.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/stored_text.hpp"

#include <algorithm>
#include <array>

namespace rag::storage {
namespace {

constexpr std::array<std::string_view, 5> state_names{"queued", "running", "completed", "failed",
                                                      "cancelled"};

const std::string select_jobs =
    "SELECT id, kind, principal, join_key, request, progress, result, error, state, "
    "stop_requested, created_at, updated_at FROM jobs ";
const std::string sql_live_job =
    select_jobs + "WHERE join_key = ?1 AND state IN ('queued', 'running')";
const std::string sql_one_job = select_jobs + "WHERE id = ?1";
const std::string sql_newest_jobs = select_jobs + "ORDER BY number DESC LIMIT max(?1, 0)";
const std::string sql_abandoned_jobs =
    select_jobs +
    "WHERE state = 'queued' OR (state = 'running' AND lease_until <= ?1) ORDER BY number LIMIT "
    "max(?2, 0)";

std::string_view state_name(JobState state) {
    return state_names.at(static_cast<std::size_t>(state));
}

Job read_job(const Statement& row) {
    Job job;
    job.id = row.text(0);
    job.kind = row.text(1);
    job.principal = row.text(2);
    job.join_key = row.text(3);
    job.request = read_json(row.text(4));
    job.progress = read_json(row.text(5));
    job.result = read_json(row.text(6));
    job.error = row.text(7);
    const auto* state = std::find(state_names.begin(), state_names.end(), row.text(8));
    if (state == state_names.end()) {
        throw Error(ErrorCode::corrupt, "The database holds a job in an unknown state.");
    }
    job.state = static_cast<JobState>(state - state_names.begin());
    job.stop_requested = row.integer(9) != 0;
    job.created_at = row.time(10);
    job.updated_at = row.time(11);
    return job;
}

std::optional<Job> read_one(Statement& rows) {
    return rows.step() ? std::optional(read_job(rows)) : std::nullopt;
}

std::vector<Job> read_all(Statement& rows) {
    std::vector<Job> jobs;
    while (rows.step()) {
        jobs.push_back(read_job(rows));
    }
    return jobs;
}

void insert_job(Connection& db, const NewJob& job, std::int64_t now) {
    const std::string request = to_stored_json(job.request);
    db.prepare(
          "INSERT INTO jobs (id, kind, principal, join_key, request, progress, result, error, "
          "state, stop_requested, lease_owner, lease_until, created_at, updated_at) "
          "VALUES (?1, ?2, ?3, ?4, ?5, 'null', 'null', '', 'queued', 0, '', 0, ?6, ?6)")
        .bind(1, std::string_view(job.id))
        .bind(2, std::string_view(job.kind))
        .bind(3, std::string_view(job.principal))
        .bind(4, std::string_view(job.join_key))
        .bind(5, std::string_view(request))
        .bind(6, now)
        .run();
}

}  // namespace

JobCreated SqliteStore::create_job(const CallContext& context, const NewJob& job) {
    JobCreated created;
    database_->write(context, [&](Connection& db) {
        Statement there = db.prepare(sql_live_job);
        there.bind(1, std::string_view(job.join_key));
        if (auto found = read_one(there)) {
            created = {*std::move(found), false};
            return;
        }
        insert_job(db, job, to_milliseconds(database_->now()));
        Statement made = db.prepare(sql_one_job);
        made.bind(1, std::string_view(job.id));
        made.step();
        created = {read_job(made), true};
    });
    return created;
}

std::optional<Job> SqliteStore::find_job(const CallContext& context, std::string_view id) {
    std::optional<Job> job;
    database_->read(context, [&](Connection& db) {
        Statement rows = db.prepare(sql_one_job);
        rows.bind(1, id);
        job = read_one(rows);
    });
    return job;
}

std::vector<Job> SqliteStore::list_jobs(const CallContext& context, std::int64_t limit) {
    std::vector<Job> jobs;
    database_->read(context, [&](Connection& db) {
        Statement rows = db.prepare(sql_newest_jobs);
        rows.bind(1, limit);
        jobs = read_all(rows);
    });
    return jobs;
}

bool SqliteStore::lease_job(const CallContext& context, std::string_view id, std::string_view owner,
                            std::chrono::milliseconds duration) {
    bool leased = false;
    database_->write(context, [&](Connection& db) {
        const std::int64_t now = to_milliseconds(database_->now());
        db.prepare(
              "UPDATE jobs SET state = 'running', lease_owner = ?2, lease_until = ?3, "
              "updated_at = ?4 WHERE id = ?1 AND (state = 'queued' OR (state = 'running' AND "
              "(lease_owner = ?2 OR lease_until <= ?4)))")
            .bind(1, id)
            .bind(2, owner)
            .bind(3, now + duration.count())
            .bind(4, now)
            .run();
        leased = db.changed_rows() == 1;
    });
    return leased;
}

std::vector<Job> SqliteStore::list_abandoned_jobs(const CallContext& context, std::int64_t limit) {
    std::vector<Job> jobs;
    database_->read(context, [&](Connection& db) {
        Statement rows = db.prepare(sql_abandoned_jobs);
        rows.bind(1, to_milliseconds(database_->now())).bind(2, limit);
        jobs = read_all(rows);
    });
    return jobs;
}

JobSignal SqliteStore::save_job_progress(const CallContext& context, std::string_view id,
                                         std::string_view owner, const nlohmann::json& progress) {
    JobSignal signal = JobSignal::lost_lease;
    const std::string text = to_stored_json(progress);
    database_->write(context, [&](Connection& db) {
        db.prepare(
              "UPDATE jobs SET progress = ?3, updated_at = ?4 WHERE id = ?1 AND state = "
              "'running' AND lease_owner = ?2")
            .bind(1, id)
            .bind(2, owner)
            .bind(3, std::string_view(text))
            .bind(4, to_milliseconds(database_->now()))
            .run();
        if (db.changed_rows() == 0) {
            return;
        }
        Statement row = db.prepare("SELECT stop_requested FROM jobs WHERE id = ?1");
        row.bind(1, id);
        row.step();
        signal = row.integer(0) != 0 ? JobSignal::stop : JobSignal::go_on;
    });
    return signal;
}

void SqliteStore::finish_job(const CallContext& context, std::string_view id,
                             const JobOutcome& outcome) {
    const std::string result = to_stored_json(outcome.result);
    database_->write(context, [&](Connection& db) {
        db.prepare(
              "UPDATE jobs SET state = ?2, result = ?3, error = ?4, updated_at = ?5, "
              "lease_owner = '', lease_until = 0 WHERE id = ?1 AND state IN ('queued', "
              "'running')")
            .bind(1, id)
            .bind(2, state_name(outcome.state))
            .bind(3, std::string_view(result))
            .bind(4, std::string_view(outcome.error))
            .bind(5, to_milliseconds(database_->now()))
            .run();
    });
}

bool SqliteStore::request_job_stop(const CallContext& context, std::string_view id) {
    bool found = false;
    database_->write(context, [&](Connection& db) {
        db.prepare(
              "UPDATE jobs SET stop_requested = 1 WHERE id = ?1 AND state IN ('queued', "
              "'running')")
            .bind(1, id)
            .run();
        found = db.changed_rows() == 1;
    });
    return found;
}

}  // namespace rag::storage
