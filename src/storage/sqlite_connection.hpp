#pragma once

#include "rag/clock.hpp"
#include "rag/context.hpp"
#include "rag/metadata_filter.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rag::storage {

/// Converts what SQLite says into an Error; the text of a statement never appears in it.
[[noreturn]] void throw_sqlite_error(sqlite3* database, int code);

/// A prepared statement on loan from its connection; reset when it goes.
class Statement {
public:
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    ~Statement();
    Statement(Statement&& other) noexcept : statement_(other.statement_) {
        other.statement_ = nullptr;
    }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    Statement& operator=(Statement&&) = delete;

    /// Parameters count from 1. What is bound by view must live until the statement goes. Texts
    /// are bound as stored_text.hpp has them.
    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, double value);
    Statement& bind(int index, std::string_view value);
    Statement& bind(int index, const std::optional<std::string>& value);
    Statement& bind_null(int index);
    Statement& bind_blob(int index, std::string_view value);
    Statement& bind_filter(int index, const MetadataFilter& filter);

    /// True while there is a row.
    bool step();
    void run();

    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string text(int column) const;
    std::string_view blob(int column) const;  ///< Valid until the next step.
    bool is_null(int column) const;
    Timestamp time(int column) const {
        return Timestamp{std::chrono::milliseconds{integer(column)}};
    }

private:
    void check(int code);
    sqlite3_stmt* statement_;
};

/// One connection; used by one thread at a time.
class Connection {
public:
    enum class Use { read, write };

    Connection(const std::string& path, Use use);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// `sql` must outlive the connection, as a literal does: the statement is kept under it.
    Statement prepare(std::string_view sql);
    /// Runs statements without results.
    void execute(const std::string& sql);
    std::int64_t last_id() const;
    std::int64_t changed_rows() const;
    bool in_transaction() const;
    sqlite3* handle() const { return database_; }

    /// Whose deadline and stop token waiting for locks (and, when reading, running statements)
    /// honours; null for nobody's.
    void serve(const CallContext* context);

private:
    static int wait_for_lock(void* self, int tries);
    static int watch(void* self);
    void close();

    sqlite3* database_ = nullptr;
    const CallContext* context_ = nullptr;
    std::unordered_map<std::string_view, sqlite3_stmt*> statements_;
};

}  // namespace rag::storage
