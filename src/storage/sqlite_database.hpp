#pragma once

#include "rag/clock.hpp"
#include "rag/context.hpp"
#include "rag/migration.hpp"
#include "storage/sqlite_connection.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rag::storage {

struct SqliteOptions {
    std::size_t readers_max = 8;   ///< Connections that read at the same time.
    const Clock* clock = nullptr;  ///< Null: the machine's. Must outlive the database.
};

/// One SQLite file: a single writing connection whose commits are shared by the callers that wait
/// for it, and a bounded pool of reading ones. Safe for concurrent use; any number of processes may
/// have the same file open (on a local disk: network file systems do not keep SQLite's locks).
class SqliteDatabase {
public:
    using Work = std::function<void(Connection&)>;

    /// Creates the file (mode 0600) when it is missing and brings its schema up to date. Throws
    /// Error{conflict} for a file that another program made or a newer version of this one.
    SqliteDatabase(const std::string& path, const SqliteOptions& options);
    ~SqliteDatabase();
    SqliteDatabase(const SqliteDatabase&) = delete;
    SqliteDatabase& operator=(const SqliteDatabase&) = delete;

    /// Runs `work` as one transaction and returns when it is on disk. It may run on another
    /// caller's thread. What it throws undoes its own writes only and is thrown here.
    void write(const CallContext& context, const Work& work);
    /// Runs `work` with one unchanging view of what was committed before.
    void read(const CallContext& context, const Work& work);

    const std::string& path() const { return path_; }
    const std::string& epoch() const { return epoch_; }
    Timestamp now() const { return clock_->now(); }

private:
    struct Request {
        const CallContext* context = nullptr;
        const Work* work = nullptr;
        bool taken = false;
        bool done = false;
        std::exception_ptr failure;
    };

    void lead(const CallContext& context);
    void commit(std::vector<Request*>& group);
    static void run_one(Connection& connection, Request& request);
    std::unique_ptr<Connection> borrow(const CallContext& context);
    void give_back(std::unique_ptr<Connection> connection);

    std::string path_;
    SqliteOptions options_;
    const Clock* clock_;
    std::string epoch_;

    std::mutex writer_mutex_;  ///< Guards the queue and the states of its requests.
    std::condition_variable_any writer_free_;
    std::deque<Request*> queue_;
    bool led_ = false;                    ///< Some caller's thread is using writer_.
    std::unique_ptr<Connection> writer_;  ///< Used only by the thread that leads.

    std::mutex readers_mutex_;
    std::condition_variable_any reader_free_;
    std::vector<std::unique_ptr<Connection>> idle_;
    std::size_t readers_ = 0;
};

/// What opening the file would do to its schema; changes nothing and creates no file. Throws as the
/// constructor of SqliteDatabase does.
MigrationPlan plan_sqlite_migration(const std::string& path);

/// The newest schema that this program knows.
std::int64_t sqlite_schema_version();

}  // namespace rag::storage
