#pragma once

#include "rag/context.hpp"
#include "rag/error.hpp"
#include "storage/postgres_connection.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rag::storage {

struct PostgresOptions {
    std::string address;  ///< postgresql://…; TLS parameters are passed on as they stand.
    std::string schema = "rag_memory";  ///< Lower-case letters, digits and _, at most 63.
    /// At most this many are open at once, those that listen and build included.
    std::size_t connections = 5;
    /// Behind a transaction pooler nothing outlives a transaction: no prepared statements.
    Pooler pooler = Pooler::off;
};

/// A transaction of one connection. `@S.` in a statement stands for our schema, `@V.` for the one
/// that the vector extension is in, `@VECTOR` for the type of a vector. Parameters are sent as
/// stored_text.hpp has them.
class PostgresTransaction {
public:
    PostgresTransaction(PostgresConnection& connection, const class PostgresPool& pool)
        : connection_(connection), pool_(pool) {}

    SqlRows run(const std::string& sql, const SqlParams& params = {}, Plan plan = Plan::kept);
    void run_script(const std::string& sql);

private:
    PostgresConnection& connection_;
    const PostgresPool& pool_;
};

class PostgresPool;

/// A connection of the pool's that is kept out of its transactions, for what is none: listening,
/// building an index. It counts as one of the pool's while the object lives, connected or not.
class ApartConnection {
public:
    /// Waits for a place in the pool and opens nothing. The pool must outlive this. Throws
    /// Error{unavailable} when no place comes free in time.
    ApartConnection(PostgresPool& pool, const CallContext& context);
    ~ApartConnection();
    ApartConnection(const ApartConnection&) = delete;
    ApartConnection& operator=(const ApartConnection&) = delete;

    /// The connection, opened when it is not. Throws PostgresFailure.
    PostgresConnection& open();
    void close() { connection_.reset(); }

private:
    PostgresPool& pool_;
    std::unique_ptr<PostgresConnection> connection_;
};

/// Connections to one database; safe for concurrent use.
class PostgresPool {
public:
    /// Opens nothing. Throws Error{invalid_argument} for a schema name that is none.
    explicit PostgresPool(PostgresOptions options);

    /// Runs `work` in a transaction and commits; again from the start after a serialization
    /// failure, a deadlock or a connection lost before the commit, so `work` must have no effect
    /// but on the transaction and on what it overwrites. Throws Error; `unavailable` when the
    /// database does not answer, no connection comes free in time, or a commit is in doubt.
    void transact(const CallContext& context,
                  const std::function<void(PostgresTransaction&)>& work);
    /// The same for work that only reads, which the server sees to: a connection lost at its end
    /// leaves nothing in doubt, so that it is done again.
    void read(const CallContext& context, const std::function<void(PostgresTransaction&)>& work);
    /// One statement in a transaction of its own.
    SqlRows run(const CallContext& context, const std::string& sql, const SqlParams& params = {});
    /// One statement that only reads.
    SqlRows read(const CallContext& context, const std::string& sql, const SqlParams& params = {},
                 Plan plan = Plan::kept);

    /// Where the vector extension is; told once by the migration, before any other use.
    void set_vector(const std::string& schema, const std::string& type);
    std::string expand(std::string sql) const;

    struct Connections {
        std::size_t open = 0;
        std::size_t idle = 0;  ///< Of these, lent to nobody.
    };
    Connections count_connections() const;

    const PostgresOptions& options() const { return options_; }
    /// Of this pool alone: `@POOL` in a statement.
    const std::string& id() const { return id_; }
    /// Host and database, without user and password.
    std::string place() const;

private:
    friend class ApartConnection;

    enum class Prefer { opened, unopened };

    /// One of the connections that may be open: an idle one, or null where one may be opened.
    std::unique_ptr<PostgresConnection> take_place(const CallContext& context, Prefer prefer);
    std::unique_ptr<PostgresConnection> connect() const;
    std::unique_ptr<PostgresConnection> borrow(const CallContext& context);
    void give_back(std::unique_ptr<PostgresConnection> connection);
    using Work = std::function<void(PostgresTransaction&)>;

    void repeat(const CallContext& context, Access access, const Work& work);
    void attempt(PostgresConnection& connection, const CallContext& context, Access access,
                 const Work& work);
    Error to_error(const PostgresFailure& failure, const CallContext& context) const;

    // Constant after the migration.
    PostgresOptions options_;
    std::string id_;
    std::string vector_schema_ = "public";
    std::string vector_type_ = "vector";

    mutable std::mutex mutex_;
    std::condition_variable_any freed_;
    std::vector<std::unique_ptr<PostgresConnection>> idle_;  ///< Guarded by mutex_.
    std::size_t open_ = 0;  ///< Guarded by mutex_; idle, lent or apart.
};

}  // namespace rag::storage
