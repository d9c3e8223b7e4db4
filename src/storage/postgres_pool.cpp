#include "storage/postgres_pool.hpp"

#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "storage/stored_text.hpp"

#include <algorithm>
#include <regex>
#include <stop_token>

namespace rag::storage {
namespace {

using std::chrono::milliseconds;

constexpr int attempts_max = 8;
constexpr milliseconds wait_max{30'000};

void replace_all(std::string& text, std::string_view what, const std::string& with) {
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

/// The address with `name=value` among its parameters, unless the name is there already.
std::string with_parameter(const std::string& address, const std::string& name,
                           const std::string& value) {
    if (address.find(name + '=') != std::string::npos) {
        return address;
    }
    return address + (address.find('?') == std::string::npos ? '?' : '&') + name + '=' + value;
}

bool may_repeat(const PostgresFailure& failure) {
    return failure.kind == PostgresFailure::Kind::connection || failure.sqlstate == "40001" ||
           failure.sqlstate == "40P01";
}

}  // namespace

ApartConnection::ApartConnection(PostgresPool& pool, const CallContext& context) : pool_(pool) {
    // An idle one would be closed: it may hold what a transaction left in its session.
    pool_.take_place(context, PostgresPool::Prefer::unopened);
}

ApartConnection::~ApartConnection() {
    close();
    pool_.give_back(nullptr);
}

PostgresConnection& ApartConnection::open() {
    if (!connection_) {
        connection_ = pool_.connect();
    }
    return *connection_;
}

SqlRows PostgresTransaction::run(const std::string& sql, const SqlParams& params, Plan plan) {
    const auto has_nul = [](const auto& value) { return value && holds_nul(*value); };
    if (std::none_of(params.begin(), params.end(), has_nul)) {
        return connection_.run(pool_.expand(sql), params, plan);
    }
    SqlParams stored = params;
    for (auto& value : stored) {
        if (value) {
            value = to_stored_text(*value);
        }
    }
    return connection_.run(pool_.expand(sql), stored, plan);
}

void PostgresTransaction::run_script(const std::string& sql) {
    connection_.run_script(pool_.expand(sql));
}

PostgresPool::PostgresPool(PostgresOptions options) : options_(std::move(options)) {
    static const std::regex name("[a-z_][a-z0-9_]{0,62}");
    if (!std::regex_match(options_.schema, name)) {
        throw Error(ErrorCode::invalid_argument,
                    "RAG_DB_SCHEMA '" + options_.schema +
                        "' is no schema name; use lower-case letters, digits and '_'.");
    }
    options_.connections = std::max<std::size_t>(options_.connections, 1);
    id_ = to_hex(random_bytes(8));
}

void PostgresPool::transact(const CallContext& context, const Work& work) {
    repeat(context, Access::write, work);
}

void PostgresPool::read(const CallContext& context, const Work& work) {
    repeat(context, Access::read, work);
}

SqlRows PostgresPool::run(const CallContext& context, const std::string& sql,
                          const SqlParams& params) {
    SqlRows rows;
    transact(context,
             [&](PostgresTransaction& transaction) { rows = transaction.run(sql, params); });
    return rows;
}

SqlRows PostgresPool::read(const CallContext& context, const std::string& sql,
                           const SqlParams& params, Plan plan) {
    SqlRows rows;
    read(context,
         [&](PostgresTransaction& transaction) { rows = transaction.run(sql, params, plan); });
    return rows;
}

void PostgresPool::repeat(const CallContext& context, Access access, const Work& work) {
    for (int tries = 1;; ++tries) {
        context.check();
        std::unique_ptr<PostgresConnection> connection;
        try {
            connection = borrow(context);
            attempt(*connection, context, access, work);
            give_back(std::move(connection));
            return;
        } catch (const PostgresFailure& failure) {
            const bool had_connection = connection != nullptr;
            if (had_connection) {
                connection->abandon();
                if (failure.kind != PostgresFailure::Kind::statement) {
                    connection.reset();
                }
                give_back(std::move(connection));
            }
            if (!had_connection || !may_repeat(failure) || tries == attempts_max) {
                throw to_error(failure, context);
            }
        } catch (...) {
            if (connection) {
                connection->abandon();
                give_back(std::move(connection));
            }
            throw;
        }
    }
}

void PostgresPool::attempt(PostgresConnection& connection, const CallContext& context,
                           Access access, const Work& work) {
    const std::stop_callback on_stop(context.stop, [&connection] { connection.cancel(); });
    std::optional<milliseconds> statement_max;
    if (context.deadline != SteadyTime::max()) {
        statement_max = std::max(context.time_left(std::chrono::hours(24)), milliseconds{1});
    }
    connection.begin(access, statement_max);
    PostgresTransaction transaction(connection, *this);
    work(transaction);
    context.check();
    connection.commit();
}

std::unique_ptr<PostgresConnection> PostgresPool::take_place(const CallContext& context,
                                                             Prefer prefer) {
    std::unique_lock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + context.time_left(wait_max);
    const bool free = freed_.wait_until(
        lock, context.stop, until, [&] { return !idle_.empty() || open_ < options_.connections; });
    if (!free) {
        context.check();
        throw Error(ErrorCode::unavailable,
                    "All connections to the database are busy; try again in a moment, or raise "
                    "RAG_DB_POOL.");
    }
    const bool room = open_ < options_.connections;
    if (!idle_.empty() && (prefer == Prefer::opened || !room)) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
    }
    ++open_;
    return nullptr;
}

std::unique_ptr<PostgresConnection> PostgresPool::connect() const {
    std::string address = options_.address;
    // The server's views of its activity then say whose connection it is.
    address = with_parameter(address, "application_name", "rag-memory");
    address = with_parameter(address, "connect_timeout", "10");
    // A network that drops what it is sent must not hold a call for a quarter of an hour.
    address = with_parameter(address, "tcp_user_timeout", "20000");
    address = with_parameter(address, "keepalives_idle", "30");
    address = with_parameter(address, "keepalives_interval", "10");
    return std::make_unique<PostgresConnection>(address, options_.pooler);
}

std::unique_ptr<PostgresConnection> PostgresPool::borrow(const CallContext& context) {
    if (auto idle = take_place(context, Prefer::opened)) {
        return idle;
    }
    try {
        return connect();
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

/// Null stands for a connection that is gone.
void PostgresPool::give_back(std::unique_ptr<PostgresConnection> connection) {
    {
        const std::scoped_lock lock(mutex_);
        if (connection) {
            idle_.push_back(std::move(connection));
        } else {
            --open_;
        }
    }
    freed_.notify_one();
}

Error PostgresPool::to_error(const PostgresFailure& failure, const CallContext& context) const {
    if (failure.sqlstate == "57014") {
        context.check();
        return {ErrorCode::deadline_exceeded, "The database took too long for this call."};
    }
    if (failure.kind == PostgresFailure::Kind::in_doubt) {
        return {ErrorCode::unavailable, "The connection to the database (" + place() +
                                            ") was lost while the write was being completed; look "
                                            "whether it is there before writing again."};
    }
    if (!failure.refusal.empty()) {
        return {ErrorCode::unavailable,
                "The database (" + place() + ") lets nobody in: " + failure.refusal + '.'};
    }
    if (failure.kind == PostgresFailure::Kind::connection || may_repeat(failure)) {
        return {ErrorCode::unavailable, "The database (" + place() + ") does not answer."};
    }
    if (failure.sqlstate == "42501") {
        return {ErrorCode::unavailable,
                "The database (" + place() + ") does not permit what the store needs."};
    }
    if (failure.sqlstate.starts_with("53")) {
        return {ErrorCode::unavailable, "The database (" + place() + ") is out of resources."};
    }
    return {ErrorCode::internal, "The database refused a statement (" + failure.sqlstate + ")."};
}

void PostgresPool::set_vector(const std::string& schema, const std::string& type) {
    vector_schema_ = '"' + schema + '"';
    vector_type_ = type;
}

std::string PostgresPool::expand(std::string sql) const {
    replace_all(sql, "@S.", options_.schema + '.');
    replace_all(sql, "@POOL", id_);
    replace_all(sql, "@VECTOR", vector_schema_ + '.' + vector_type_);
    replace_all(sql, "@V.", vector_schema_ + '.');
    return sql;
}

PostgresPool::Connections PostgresPool::count_connections() const {
    const std::scoped_lock lock(mutex_);
    return {open_, idle_.size()};
}

std::string PostgresPool::place() const {
    const std::string& address = options_.address;
    const std::size_t scheme = address.find("://");
    if (scheme == std::string::npos) {
        return "Postgres";  // Of another form, which may have a password anywhere.
    }
    std::size_t begin = scheme + 3;
    const std::size_t end = std::min(address.find('?', begin), address.size());
    const std::size_t user = address.rfind('@', end);
    if (user != std::string::npos && user >= begin) {
        begin = user + 1;
    }
    return address.substr(begin, end - begin);
}

}  // namespace rag::storage
