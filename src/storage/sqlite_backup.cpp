#include "storage/sqlite_backup.hpp"

#include "base/hash.hpp"
#include "rag/error.hpp"
#include "storage/sqlite_connection.hpp"
#include "storage/sqlite_database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>

namespace rag::storage {
namespace {

namespace fs = std::filesystem;

constexpr int pages_of_a_step = 2048;  ///< Between two looks at the stop token.

/// A file that goes unless it was kept.
class DraftFile {
public:
    explicit DraftFile(std::string path) : path_(std::move(path)) {
        const int file = ::open(path_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
        if (file < 0) {
            throw Error(ErrorCode::unavailable,
                        fmt::format("'{}' cannot be created; check its folder and the permissions.",
                                    path_));
        }
        ::close(file);
    }
    ~DraftFile() {
        std::error_code ignored;
        if (!path_.empty()) {
            fs::remove(path_, ignored);
        }
    }
    DraftFile(const DraftFile&) = delete;
    DraftFile& operator=(const DraftFile&) = delete;

    const std::string& path() const { return path_; }

    /// Gives the file its name, on disk, unless that name is taken.
    void keep_as(const std::string& name) {
        sync(path_);
        // link() does not replace, as rename() would.
        if (::link(path_.c_str(), name.c_str()) != 0) {
            throw Error(ErrorCode::unavailable,
                        fmt::format("'{}' cannot be created; is it there already?", name));
        }
        ::unlink(path_.c_str());
        path_.clear();
        const fs::path folder = fs::absolute(name).parent_path();
        sync(folder.string());
    }

private:
    static void sync(const std::string& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        const bool synced = file >= 0 && ::fsync(file) == 0;
        if (file >= 0) {
            ::close(file);
        }
        if (!synced) {
            throw Error(ErrorCode::unavailable, "The disk did not take the backup.");
        }
    }

    std::string path_;
};

std::string draft_name(const std::string& file) {
    return fmt::format("{}.{}.part", file, getpid());
}

std::int64_t count(Connection& connection, std::string_view sql) {
    Statement statement = connection.prepare(sql);
    statement.step();
    return statement.integer(0);
}

/// The digest so far together with every column of every row.
std::string digest_rows(const CallContext& context, Connection& connection, std::string digest,
                        std::string_view sql, int columns) {
    Statement statement = connection.prepare(sql);
    while (statement.step()) {
        context.check();
        for (int column = 0; column < columns; ++column) {
            const std::string_view value = statement.blob(column);
            digest = sha256(fmt::format("{}{}:", digest, value.size()).append(value));
        }
    }
    return digest;
}

StoreContents read_contents(const CallContext& context, Connection& connection) {
    StoreContents contents;
    contents.schema_version =
        count(connection, "SELECT coalesce(max(version), 0) FROM schema_migrations");
    contents.collections = count(connection, "SELECT count(*) FROM collections");
    contents.documents = count(connection, "SELECT count(*) FROM source_documents");
    contents.versions = count(connection, "SELECT count(*) FROM document_versions");
    contents.chunks = count(connection, "SELECT count(*) FROM document_chunks");
    contents.vectors = count(connection, "SELECT count(*) FROM vectors");
    std::string digest = digest_rows(
        context, connection, {},
        "SELECT id, filename, content_hash, metadata, content FROM source_documents ORDER BY id",
        5);
    digest = digest_rows(context, connection, std::move(digest),
                         "SELECT document_id, version, content FROM document_versions "
                         "ORDER BY document_id, version",
                         3);
    digest = digest_rows(context, connection, std::move(digest),
                         "SELECT id, document_id, content FROM document_chunks ORDER BY id", 3);
    digest = digest_rows(context, connection, std::move(digest),
                         "SELECT chunk_id, space_id, codes FROM vectors ORDER BY id", 3);
    contents.digest = sha256_hex(digest);
    return contents;
}

/// The whole of one database over another one (SQLite's online backup).
void copy_pages(const CallContext& context, Connection& from, Connection& to) {
    sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
    if (backup == nullptr) {
        throw_sqlite_error(to.handle(), sqlite3_errcode(to.handle()));
    }
    int code = SQLITE_OK;
    while (code == SQLITE_OK && !context.stop.stop_requested()) {
        code = sqlite3_backup_step(backup, pages_of_a_step);
    }
    const int end = sqlite3_backup_finish(backup);
    context.check();
    if (code != SQLITE_DONE || end != SQLITE_OK) {
        throw_sqlite_error(to.handle(), end != SQLITE_OK ? end : code);
    }
}

void require_sound(Connection& connection) {
    Statement statement = connection.prepare("PRAGMA quick_check(1)");
    if (!statement.step() || statement.text(0) != "ok") {
        throw Error(ErrorCode::corrupt, "The database is damaged; restore an older backup.");
    }
}

std::int64_t file_size(const std::string& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    return error ? 0 : static_cast<std::int64_t>(size);
}

void require_file(const std::string& file, std::string_view what) {
    if (!fs::is_regular_file(file)) {
        throw Error(ErrorCode::not_found, fmt::format("There is no {} '{}'.", what, file));
    }
}

bool is_empty_store(Connection& connection) {
    return count(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'collections'") ==
               0 ||
           count(connection,
                 "SELECT (SELECT count(*) FROM collections) + (SELECT count(*) FROM "
                 "source_documents)") == 0;
}

/// A private copy of the backup, of this program's schema and with an epoch of its own.
void prepare_restore(const CallContext& context, const std::string& file,
                     const std::string& draft) {
    {
        Connection source(file, Connection::Use::read);
        Connection copy(draft, Connection::Use::write);
        if (count(source, "SELECT count(*) FROM sqlite_master WHERE name = 'meta'") == 0) {
            throw Error(ErrorCode::conflict, fmt::format("'{}' is no backup of a memory.", file));
        }
        copy_pages(context, source, copy);
        require_sound(copy);
        copy.execute("DELETE FROM meta WHERE key = 'epoch'");
    }
    // Refuses foreign files and newer schemas, migrates older ones, makes the epoch.
    const SqliteDatabase migrated(draft, {});
}

void remove_side_files(const std::string& path) {
    std::error_code ignored;
    for (const char* suffix : {"-wal", "-shm", "-journal"}) {
        fs::remove(path + suffix, ignored);
    }
}

}  // namespace

BackupReport back_up_sqlite(const CallContext& context, const std::string& path,
                            const std::string& file) {
    require_file(path, "database");
    if (fs::exists(file)) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("'{}' is there already; name another file.", file));
    }
    DraftFile draft(draft_name(file));
    BackupReport report;
    {
        Connection source(path, Connection::Use::read);
        source.serve(&context);
        // One moment for what is copied and what it is compared with.
        source.execute("BEGIN");
        report.contents = read_contents(context, source);
        Connection copy(draft.path(), Connection::Use::write);
        copy_pages(context, source, copy);
        source.execute("COMMIT");
        // A single file, without a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE");
        require_sound(copy);
        if (read_contents(context, copy) != report.contents) {
            throw Error(ErrorCode::corrupt,
                        "The backup is not equal to the database; check the disk.");
        }
    }
    remove_side_files(draft.path());
    draft.keep_as(file);
    report.file = file;
    report.size_bytes = file_size(file);
    return report;
}

BackupReport restore_sqlite(const CallContext& context, const std::string& file,
                            const std::string& path) {
    require_file(file, "backup");
    std::error_code error;
    fs::create_directories(fs::absolute(path).parent_path(), error);
    const DraftFile draft(draft_name(path));
    BackupReport report;
    try {
        prepare_restore(context, file, draft.path());
        // Makes the file when there is none, and refuses another program's.
        const SqliteDatabase target(path, {});
        Connection source(draft.path(), Connection::Use::read);
        Connection store(path, Connection::Use::write);
        store.serve(&context);
        if (!is_empty_store(store)) {
            throw Error(ErrorCode::conflict,
                        fmt::format("'{}' holds documents or collections; restore into an empty "
                                    "store: set RAG_DATA_DIR or DATABASE_URL to a new place.",
                                    path));
        }
        const StoreContents wanted = read_contents(context, source);
        copy_pages(context, source, store);
        report.contents = read_contents(context, store);
        if (report.contents != wanted) {
            throw Error(ErrorCode::corrupt,
                        "The restored store is not equal to the backup; check the disk.");
        }
    } catch (...) {
        remove_side_files(draft.path());
        throw;
    }
    remove_side_files(draft.path());
    report.file = file;
    report.size_bytes = file_size(file);
    return report;
}

}  // namespace rag::storage
