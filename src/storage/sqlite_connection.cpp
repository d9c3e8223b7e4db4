#include "storage/sqlite_connection.hpp"

#include "rag/error.hpp"
#include "storage/sqlite_functions.hpp"
#include "storage/stored_text.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace rag::storage {
namespace {

constexpr int progress_steps = 2000;  ///< Virtual machine steps between looks at the deadline.
/// How long a lock is waited for when the call itself has no deadline.
constexpr std::chrono::seconds lock_wait_max{60};
constexpr std::chrono::milliseconds lock_pause_max{8};

bool is_over(const CallContext& context) {
    return context.stop.stop_requested() || (context.deadline != SteadyTime::max() &&
                                             std::chrono::steady_clock::now() >= context.deadline);
}

}  // namespace

void throw_sqlite_error(sqlite3* database, int code) {
    const std::string reason = sqlite3_errstr(code & 0xff);
    const std::string detail = database == nullptr ? reason : sqlite3_errmsg(database);
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw Error(ErrorCode::unavailable,
                        "The database was held by another process for too long; try again.");
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            throw Error(ErrorCode::corrupt, "The database file is damaged or no database (" +
                                                reason + "); restore a backup of it.");
        case SQLITE_FULL:
            throw Error(ErrorCode::unavailable, "The disk of the database is full; free some.");
        case SQLITE_CANTOPEN:
        case SQLITE_IOERR:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_NOMEM:
            throw Error(ErrorCode::unavailable,
                        "The database file cannot be used: " + reason + ".");
        case SQLITE_INTERRUPT:
            throw Error(ErrorCode::deadline_exceeded, "The call ran out of time in the database.");
        case SQLITE_TOOBIG:
            throw Error(ErrorCode::invalid_argument, "The text is too long for the database.");
        default: throw Error(ErrorCode::internal, "The database refused a statement: " + detail);
    }
}

Statement::~Statement() {
    if (statement_ != nullptr) {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
}

void Statement::check(int code) {
    if (code != SQLITE_OK) {
        throw_sqlite_error(sqlite3_db_handle(statement_), code);
    }
}

Statement& Statement::bind(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_, index, value));
    return *this;
}

Statement& Statement::bind(int index, double value) {
    check(sqlite3_bind_double(statement_, index, value));
    return *this;
}

Statement& Statement::bind(int index, std::string_view value) {
    if (holds_nul(value)) {
        const std::string stored = to_stored_text(value);
        check(sqlite3_bind_text64(statement_, index, stored.data(), stored.size(), SQLITE_TRANSIENT,
                                  SQLITE_UTF8));
        return *this;
    }
    const char* data = value.data() == nullptr ? "" : value.data();
    check(sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int index, const std::optional<std::string>& value) {
    return value ? bind(index, std::string_view(*value)) : bind_null(index);
}

Statement& Statement::bind_null(int index) {
    check(sqlite3_bind_null(statement_, index));
    return *this;
}

Statement& Statement::bind_blob(int index, std::string_view value) {
    const char* data = value.data() == nullptr ? "" : value.data();
    check(sqlite3_bind_blob64(statement_, index, data, value.size(), SQLITE_STATIC));
    return *this;
}

Statement& Statement::bind_filter(int index, const MetadataFilter& filter) {
    // SQLite hands the pointer to rag_matches only, which reads through it.
    auto* pointer = const_cast<MetadataFilter*>(&filter);
    check(sqlite3_bind_pointer(statement_, index, pointer, filter_pointer_type, nullptr));
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code != SQLITE_DONE) {
        throw_sqlite_error(sqlite3_db_handle(statement_), code);
    }
    return false;
}

void Statement::run() {
    while (step()) {
    }
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(statement_, column);
}

std::string Statement::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return data == nullptr ? std::string() : std::string(data, size);
}

std::string_view Statement::blob(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return data == nullptr ? std::string_view() : std::string_view(data, size);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Connection::Connection(const std::string& path, Use use) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &database_, flags, nullptr);
    try {
        if (code != SQLITE_OK) {
            throw_sqlite_error(database_, code);
        }
        sqlite3_busy_handler(database_, &Connection::wait_for_lock, this);
        sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        register_functions(database_);
        execute(
            "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
            "PRAGMA cache_size = -8000;");
        if (use == Use::read) {
            sqlite3_progress_handler(database_, progress_steps, &Connection::watch, this);
        }
    } catch (...) {
        close();
        throw;
    }
}

Connection::~Connection() {
    close();
}

void Connection::close() {
    for (const auto& [sql, statement] : statements_) {
        sqlite3_finalize(statement);
    }
    statements_.clear();
    sqlite3_close_v2(database_);
    database_ = nullptr;
}

Statement Connection::prepare(std::string_view sql) {
    const auto found = statements_.find(sql);
    if (found != statements_.end() && sqlite3_stmt_busy(found->second) == 0) {
        return Statement(found->second);
    }
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) {
        throw_sqlite_error(database_, code);
    }
    if (found != statements_.end()) {
        sqlite3_finalize(statement);
        throw Error(ErrorCode::internal, "A statement was used while it was in use.");
    }
    statements_.emplace(sql, statement);
    return Statement(statement);
}

void Connection::execute(const std::string& sql) {
    const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        throw_sqlite_error(database_, code);
    }
}

std::int64_t Connection::last_id() const {
    return sqlite3_last_insert_rowid(database_);
}

std::int64_t Connection::changed_rows() const {
    return sqlite3_changes64(database_);
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(database_) == 0;
}

void Connection::serve(const CallContext* context) {
    context_ = context;
}

int Connection::wait_for_lock(void* self, int tries) {
    const CallContext* context = static_cast<Connection*>(self)->context_;
    if (context != nullptr && is_over(*context)) {
        return 0;
    }
    const auto pause = std::min(lock_pause_max, std::chrono::milliseconds(1 + tries / 2));
    const bool bounded = context != nullptr && context->deadline != SteadyTime::max();
    if (!bounded && tries * pause > lock_wait_max) {
        return 0;
    }
    std::this_thread::sleep_for(pause);
    return 1;
}

int Connection::watch(void* self) {
    const CallContext* context = static_cast<Connection*>(self)->context_;
    return context != nullptr && is_over(*context) ? 1 : 0;
}

}  // namespace rag::storage
