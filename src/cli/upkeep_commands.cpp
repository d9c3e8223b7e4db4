#include "cli/session.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <memory>

namespace rag::cli {
namespace {

constexpr std::int64_t days_max = 36'500;

struct GarbageOptions {
    std::int64_t versions_kept = Retention{}.versions_kept;
    std::int64_t version_days = Retention{}.version_age_max.count();
    std::int64_t job_days = Retention{}.job_age_max.count();
    bool dry_run = false;
};

Json backup_form(const BackupReport& report) {
    const StoreContents& contents = report.contents;
    return {{"file", report.file},
            {"size_bytes", report.size_bytes},
            {"schema_version", contents.schema_version},
            {"collections", contents.collections},
            {"documents", contents.documents},
            {"versions", contents.versions},
            {"chunks", contents.chunks},
            {"vectors", contents.vectors},
            {"digest", contents.digest}};
}

std::string describe_backup(const Json& form, const char* what) {
    return fmt::format(
        "{} {} ({}): {} collections, {} documents, {} former versions, {} chunks, schema {}\n"
        "compared, digest {}\n",
        what, form.at("file").get<std::string>(),
        format_bytes(form.at("size_bytes").get<std::int64_t>()),
        form.at("collections").get<std::int64_t>(), form.at("documents").get<std::int64_t>(),
        form.at("versions").get<std::int64_t>(), form.at("chunks").get<std::int64_t>(),
        form.at("schema_version").get<std::int64_t>(), form.at("digest").get<std::string>());
}

void add_gc(Command root, Session& session) {
    Command command = root.add_subcommand(
        "gc", "Remove former versions, ended jobs and index snapshots that are old");
    const auto options = std::make_shared<GarbageOptions>();
    command
        .add_option("--keep-versions", options->versions_kept,
                    "So many former versions of a document stay, whatever their age")
        .between(0, std::int64_t{1'000'000})
        .show_default();
    command.add_option("--version-days", options->version_days, "Age of versions that go")
        .between(0, days_max)
        .show_default();
    command.add_option("--job-days", options->job_days, "Age of ended jobs that go")
        .between(0, days_max)
        .show_default();
    command.add_flag("--dry-run", options->dry_run, "Say what would go, remove nothing");
    command.callback([&session, options] {
        Retention retention;
        retention.versions_kept = options->versions_kept;
        retention.version_age_max = std::chrono::days(options->version_days);
        retention.job_age_max = std::chrono::days(options->job_days);
        const GarbageReport report = session.application().collect_garbage(
            session.context(), retention, options->dry_run ? Removal::counted : Removal::done);
        session.print(Json{{"dry_run", options->dry_run},
                           {"versions", report.rows.versions},
                           {"jobs", report.rows.jobs},
                           {"snapshots", report.snapshots},
                           {"snapshot_bytes", report.snapshot_bytes}},
                      [&](const Json&) {
                          return fmt::format(
                              "{} {} former versions, {} ended jobs, {} snapshots ({}).\n",
                              options->dry_run ? "Would remove" : "Removed", report.rows.versions,
                              report.rows.jobs, report.snapshots,
                              format_bytes(report.snapshot_bytes));
                      });
    });
}

}  // namespace

void add_upkeep_commands(Command root, Session& session) {
    const auto file = std::make_shared<std::string>();
    Command backup = root.add_subcommand(
        "backup", "Copy the memory to a new file while it is used (SQLite), and compare the copy");
    backup.add_option("file", *file, "The file to make").required();
    backup.callback([&session, file] {
        session.print(backup_form(session.application().back_up(session.context(), *file)),
                      [](const Json& form) { return describe_backup(form, "Backed up to"); });
    });
    Command restore = root.add_subcommand(
        "restore", "Put a backup into an empty memory (SQLite), and compare the two");
    restore.add_option("file", *file, "What 'rag backup' made").required();
    restore.callback([&session, file] {
        session.print(backup_form(session.application().restore(session.context(), *file)),
                      [](const Json& form) { return describe_backup(form, "Restored from"); });
    });
    add_gc(root, session);
}

}  // namespace rag::cli
