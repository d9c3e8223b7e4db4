#include "storage/sqlite_database.hpp"

#include "base/clock.hpp"
#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "rag/error.hpp"
#include "storage/migrate.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

namespace rag::embedded {
extern const Files sqlite_schema;
}  // namespace rag::embedded

namespace rag::storage {
namespace {

constexpr std::int64_t application_id = 0x5241474d;  // "RAGM"
constexpr std::size_t group_max = 64;                ///< Writes that share one commit.
constexpr std::chrono::hours wait_max{24};
constexpr std::chrono::seconds wal_switch_max{30};

const SystemClock system_clock;

/// Only creates: closing a second descriptor of a file that SQLite has open drops its locks.
void create_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) {
        ::close(file);
    } else if (errno != EEXIST) {
        throw Error(ErrorCode::unavailable,
                    "The database file cannot be created; check its folder and the permissions.");
    }
}

std::int64_t read_number(Connection& connection, std::string_view sql) {
    Statement statement = connection.prepare(sql);
    statement.step();
    return statement.integer(0);
}

void refuse_foreign(Connection& connection) {
    const bool ours = read_number(connection, "PRAGMA application_id") == application_id;
    if (!ours && read_number(connection, "SELECT count(*) FROM sqlite_master") > 0) {
        throw Error(ErrorCode::conflict,
                    "The SQLite file belongs to another program; name another file.");
    }
}

/// Switching needs the file for itself and does not wait for it by the busy handler.
void switch_to_wal(Connection& connection) {
    const auto end = std::chrono::steady_clock::now() + wal_switch_max;
    for (;;) {
        try {
            connection.execute("PRAGMA journal_mode = WAL");
            return;
        } catch (const Error& error) {
            if (error.code() != ErrorCode::unavailable || std::chrono::steady_clock::now() > end) {
                throw;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }
}

void apply(Connection& connection, const Migration& migration, Timestamp now) {
    connection.execute(std::string(migration.sql));
    const std::string name(migration.name);
    connection.prepare("INSERT INTO schema_migrations VALUES (?1, ?2, ?3)")
        .bind(1, migration.version)
        .bind(2, std::string_view(name))
        .bind(3, now.time_since_epoch().count())
        .run();
}

void migrate(Connection& connection, Timestamp now) {
    connection.execute("BEGIN IMMEDIATE");
    refuse_foreign(connection);
    connection.execute("PRAGMA application_id = " + std::to_string(application_id) +
                       "; CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY "
                       "KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
    const std::int64_t there =
        read_number(connection, "SELECT coalesce(max(version), 0) FROM schema_migrations");
    refuse_newer(there, sqlite_schema_version());
    for (const Migration& migration : read_migrations(embedded::sqlite_schema)) {
        if (migration.version > there) {
            apply(connection, migration, now);
        }
    }
    const std::string epoch = to_hex(random_bytes(16));
    connection.prepare("INSERT OR IGNORE INTO meta VALUES ('epoch', ?1)")
        .bind(1, std::string_view(epoch))
        .run();
    connection.execute("COMMIT");
}

std::string read_epoch(Connection& connection) {
    Statement statement = connection.prepare("SELECT value FROM meta WHERE key = 'epoch'");
    statement.step();
    return statement.text(0);
}

SteadyTime wait_end(const CallContext& context) {
    return std::min(context.deadline, std::chrono::steady_clock::now() + wait_max);
}

}  // namespace

std::int64_t sqlite_schema_version() {
    return static_cast<std::int64_t>(embedded::sqlite_schema.size());
}

MigrationPlan plan_sqlite_migration(const std::string& path) {
    MigrationPlan plan;
    plan.address = std::filesystem::absolute(path).string();
    if (std::filesystem::exists(plan.address)) {
        Connection connection(plan.address, Connection::Use::read);
        refuse_foreign(connection);
        const bool ours = read_number(connection,
                                      "SELECT count(*) FROM sqlite_master WHERE name = "
                                      "'schema_migrations'") > 0;
        plan.schema_version =
            ours
                ? read_number(connection, "SELECT coalesce(max(version), 0) FROM schema_migrations")
                : 0;
        refuse_newer(plan.schema_version, sqlite_schema_version());
    }
    for (const Migration& migration : read_migrations(embedded::sqlite_schema)) {
        if (migration.version > plan.schema_version) {
            plan.steps.push_back({migration.version, std::string(migration.name)});
        }
    }
    return plan;
}

SqliteDatabase::SqliteDatabase(const std::string& path, const SqliteOptions& options)
    : path_(std::filesystem::absolute(path).string()),
      options_(options),
      clock_(options.clock != nullptr ? options.clock : &system_clock) {
    create_file(path_);
    writer_ = std::make_unique<Connection>(path_, Connection::Use::write);
    refuse_foreign(*writer_);
    switch_to_wal(*writer_);
    migrate(*writer_, clock_->now());
    epoch_ = read_epoch(*writer_);
}

SqliteDatabase::~SqliteDatabase() = default;

void SqliteDatabase::write(const CallContext& context, const Work& work) {
    context.check();
    Request request{&context, &work, false, false, nullptr};
    std::unique_lock lock(writer_mutex_);
    queue_.push_back(&request);
    const auto may_go_on = [&] { return request.done || (!led_ && !request.taken); };
    while (!request.done) {
        if (!request.taken) {
            writer_free_.wait_until(lock, context.stop, wait_end(context),
                                    [&] { return request.taken || may_go_on(); });
        }
        if (request.taken) {
            // Another thread is at it, with this frame's variables: only its end lets us go.
            writer_free_.wait(lock, [&] { return request.done; });
            break;
        }
        try {
            context.check();
        } catch (...) {
            std::erase(queue_, &request);
            throw;
        }
        if (led_) {
            continue;
        }
        led_ = true;
        lock.unlock();
        try {
            lead(context);
        } catch (...) {
            request.failure = std::current_exception();
        }
        lock.lock();
        led_ = false;
        if (!request.taken && request.failure) {
            std::erase(queue_, &request);
            request.done = true;
        }
        writer_free_.notify_all();
    }
    if (request.failure) {
        std::rethrow_exception(request.failure);
    }
}

void SqliteDatabase::lead(const CallContext& context) {
    writer_->serve(&context);
    try {
        writer_->execute("BEGIN IMMEDIATE");
    } catch (const Error&) {
        writer_->serve(nullptr);
        context.check();  // Waiting ended because the call did: say that.
        throw;
    }
    writer_->serve(nullptr);
    // Whoever queued up while the lock was waited for comes along.
    std::vector<Request*> group;
    {
        const std::scoped_lock lock(writer_mutex_);
        while (!queue_.empty() && group.size() < group_max) {
            queue_.front()->taken = true;
            group.push_back(queue_.front());
            queue_.pop_front();
        }
    }
    commit(group);
    const std::scoped_lock lock(writer_mutex_);
    for (Request* request : group) {
        request->done = true;
    }
}

void SqliteDatabase::commit(std::vector<Request*>& group) {
    try {
        for (Request* request : group) {
            run_one(*writer_, *request);
        }
        writer_->execute("COMMIT");
    } catch (...) {
        // The transaction is lost, and with it everybody's part.
        if (writer_->in_transaction()) {
            sqlite3_exec(writer_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
        }
        for (Request* request : group) {
            if (!request->failure) {
                request->failure = std::current_exception();
            }
        }
    }
}

/// Throws only when the whole transaction is gone.
void SqliteDatabase::run_one(Connection& connection, Request& request) {
    connection.execute("SAVEPOINT one_write");
    try {
        request.context->check();
        (*request.work)(connection);
    } catch (...) {
        request.failure = std::current_exception();
        if (!connection.in_transaction()) {
            throw;
        }
        connection.execute("ROLLBACK TO one_write");
    }
    connection.execute("RELEASE one_write");
}

void SqliteDatabase::read(const CallContext& context, const Work& work) {
    context.check();
    std::unique_ptr<Connection> connection = borrow(context);
    connection->serve(&context);
    try {
        connection->execute("BEGIN");
        work(*connection);
        connection->execute("COMMIT");
    } catch (...) {
        if (connection->in_transaction()) {
            sqlite3_exec(connection->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
        }
        connection->serve(nullptr);
        give_back(std::move(connection));
        context.check();  // A statement that was interrupted: say why.
        throw;
    }
    connection->serve(nullptr);
    give_back(std::move(connection));
}

std::unique_ptr<Connection> SqliteDatabase::borrow(const CallContext& context) {
    std::unique_lock lock(readers_mutex_);
    const bool free = reader_free_.wait_until(lock, context.stop, wait_end(context), [this] {
        return !idle_.empty() || readers_ < options_.readers_max;
    });
    if (!free) {
        context.check();
        throw Error(ErrorCode::unavailable, "All connections to the database are busy.");
    }
    if (!idle_.empty()) {
        std::unique_ptr<Connection> connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
    }
    ++readers_;
    lock.unlock();
    try {
        return std::make_unique<Connection>(path_, Connection::Use::read);
    } catch (...) {
        lock.lock();
        --readers_;
        reader_free_.notify_one();
        throw;
    }
}

void SqliteDatabase::give_back(std::unique_ptr<Connection> connection) {
    const std::scoped_lock lock(readers_mutex_);
    idle_.push_back(std::move(connection));
    reader_free_.notify_one();
}

}  // namespace rag::storage
