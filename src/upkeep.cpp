#include "upkeep.hpp"

#include "open_store.hpp"
#include "rag/error.hpp"
#include "storage/sqlite_backup.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

namespace rag {
namespace {

namespace fs = std::filesystem;

/// A server writes its snapshot at its end and while the memory changes; one that is this old costs
/// a rebuild at most.
constexpr std::chrono::days snapshot_age_max{30};

std::string require_sqlite_file(const Config& config, std::string_view command) {
    const auto file = sqlite_path(config);
    if (!file) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("'rag {}' copies SQLite files, and this memory is in Postgres; use "
                                "'rag export' and 'rag import', or the database's own pg_dump.",
                                command));
    }
    return *file;
}

void remove_snapshots(const Config& config, Removal removal, cli::GarbageReport& report) {
    std::error_code error;
    for (const fs::directory_entry& entry :
         fs::directory_iterator(fs::path(config.data_dir) / "index", error)) {
        std::error_code unreadable;
        const auto age = fs::file_time_type::clock::now() - entry.last_write_time(unreadable);
        if (unreadable || !entry.is_regular_file() || entry.path().extension() != ".snapshot" ||
            age < snapshot_age_max) {
            continue;
        }
        const auto size = entry.file_size(unreadable);
        if (removal == Removal::counted || fs::remove(entry.path(), unreadable)) {
            ++report.snapshots;
            report.snapshot_bytes += static_cast<std::int64_t>(size);
        }
    }
}

}  // namespace

BackupReport back_up(const Config& config, const CallContext& context, const std::string& file) {
    return storage::back_up_sqlite(context, require_sqlite_file(config, "backup"), file);
}

BackupReport restore(const Config& config, const CallContext& context, const std::string& file) {
    return storage::restore_sqlite(context, file, require_sqlite_file(config, "restore"));
}

cli::GarbageReport collect_garbage(const Config& config, Engine& engine, const CallContext& context,
                                   const Retention& retention, Removal removal) {
    cli::GarbageReport report;
    report.rows = engine.upkeep(context).remove_old(context, retention, removal);
    remove_snapshots(config, removal, report);
    return report;
}

}  // namespace rag
