#include "cli/session.hpp"

#include <fmt/format.h>

#include <memory>

namespace rag::cli {
namespace {

struct MigrateOptions {
    bool dry_run = false;
    bool from_reference = false;
};

Json steps_form(const std::vector<MigrationStep>& steps) {
    Json list = Json::array();
    for (const MigrationStep& step : steps) {
        list.push_back({{"version", step.version}, {"name", step.name}});
    }
    return list;
}

std::string describe_steps(const Json& steps, const char* verb) {
    std::string text;
    for (const Json& step : steps) {
        text += fmt::format("{} {:04} {}\n", verb, step.at("version").get<std::int64_t>(),
                            step.at("name").get<std::string>());
    }
    return text;
}

std::string describe_plan(const Json& plan) {
    const auto address = plan.at("address").get<std::string>();
    const auto version = plan.at("schema_version").get<std::int64_t>();
    const Json& pending = plan.at("pending");
    const std::string stands = version == 0 ? fmt::format("{} has no schema yet", address)
                                            : fmt::format("{} is at schema {}", address, version);
    return pending.empty() ? stands + "; nothing is pending.\n"
                           : stands + ".\n" + describe_steps(pending, "pending");
}

std::string describe_done(const Json& done) {
    return describe_steps(done.at("applied"), "applied") +
           fmt::format("{} is at schema {}.\n", done.at("address").get<std::string>(),
                       done.at("schema_version").get<std::int64_t>());
}

Json count_form(const TakeOverCount& count) {
    return {{"found", count.found}, {"taken_before", count.taken_before}, {"taken", count.taken}};
}

Json take_over_form(const TakeOverReport& report, const MigrateOptions& options) {
    return {{"address", report.address},
            {"dry_run", options.dry_run},
            {"embedding_model", report.space.model},
            {"dimensions", report.space.dimensions},
            {"collections", count_form(report.collections)},
            {"documents", count_form(report.documents)},
            {"chunks", report.chunks},
            {"vectors_kept", report.vectors_kept},
            {"vectors_made", report.vectors_made},
            {"notes", report.notes}};
}

std::string describe_count(const char* what, const Json& count, const char* verb) {
    return fmt::format("{:12} {} found, {} taken over before, {} {}\n", what,
                       count.at("found").get<std::int64_t>(),
                       count.at("taken_before").get<std::int64_t>(),
                       count.at("taken").get<std::int64_t>(), verb);
}

std::string describe_take_over(const Json& report) {
    const bool dry = report.at("dry_run");
    const char* verb = dry ? "would be taken over" : "taken over";
    std::string text =
        fmt::format("{} {}\n", dry ? "Would take over the reference database in" : "Took over from",
                    report.at("address").get<std::string>());
    text += describe_count("collections", report.at("collections"), verb);
    text += describe_count("documents", report.at("documents"), verb);
    text += fmt::format("{:12} {} {}\n", "chunks", report.at("chunks").get<std::int64_t>(), verb);
    text += fmt::format("{:12} {} kept, {} made anew ({}, {} dimensions)\n", "vectors",
                        report.at("vectors_kept").get<std::int64_t>(),
                        report.at("vectors_made").get<std::int64_t>(),
                        report.at("embedding_model").get<std::string>(),
                        report.at("dimensions").get<int>());
    for (const Json& note : report.at("notes")) {
        text += fmt::format("{:12} {}\n", "note", note.get<std::string>());
    }
    return text;
}

void migrate(Session& session, const MigrateOptions& options) {
    Application& application = session.application();
    const CallContext context = session.context();
    if (options.from_reference) {
        const TakeOverReport report =
            options.dry_run ? application.plan_take_over(context) : application.take_over(context);
        session.print(take_over_form(report, options), describe_take_over);
        return;
    }
    if (options.dry_run) {
        const MigrationPlan plan = application.plan_migration(context);
        session.print(Json{{"address", plan.address},
                           {"schema_version", plan.schema_version},
                           {"pending", steps_form(plan.steps)}},
                      describe_plan);
        return;
    }
    const MigrationPlan done = application.migrate(context);
    session.print(Json{{"address", done.address},
                       {"schema_version", done.schema_version},
                       {"applied", steps_form(done.steps)}},
                  describe_done);
}

}  // namespace

void add_migrate_command(Command root, Session& session) {
    const auto options = std::make_shared<MigrateOptions>();
    Command command = root.add_subcommand("migrate", "Bring the store to this version's schema");
    command.add_flag("--dry-run", options->dry_run, "Show what would be done and change nothing");
    command.add_flag("--from-reference", options->from_reference,
                     "Copy the reference system's tables in the schema public into ours; what was "
                     "copied before is left alone");
    command.callback([&session, options] { migrate(session, *options); });
}

}  // namespace rag::cli
