#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/json_forms.hpp"

#include <fmt/format.h>

#include <memory>

namespace rag::cli {
namespace {

constexpr std::int64_t jobs_listed = 50;

Json jobs_form(const std::vector<Job>& jobs) {
    Json list = Json::array();
    for (const Job& job : jobs) {
        list.push_back(memory::job_form(job));
    }
    return {{"result", list}};
}

std::string describe_jobs(const Json& result) {
    if (result.at("result").empty()) {
        return "No jobs.\n";
    }
    std::string text;
    for (const Json& job : result.at("result")) {
        text += dump_json(job) + '\n';
    }
    return text;
}

}  // namespace

void add_job_commands(Command root, Session& session) {
    Command group = root.add_subcommand("jobs", "List, show, stop and resume long work");
    group.require_subcommand();
    auto id = std::make_shared<std::string>();

    group.add_subcommand("list", "List jobs, newest first").callback([&session] {
        session.print(jobs_form(session.memory().list_jobs(session.context(), jobs_listed)),
                      describe_jobs);
    });

    Command show = group.add_subcommand("show", "Show one job");
    show.add_option("id", *id).required();
    show.callback([&session, id] {
        session.print(memory::job_form(session.memory().get_job(session.context(), *id)),
                      [](const Json& job) { return dump_json_pretty(job) + '\n'; });
    });

    Command cancel = group.add_subcommand("cancel", "Stop a job at its next page or file");
    cancel.add_option("id", *id).required();
    cancel.callback([&session, id] {
        session.memory().stop_job(session.context(), *id);
        session.print(Json{{"id", *id}, {"stop_requested", true}},
                      [&](const Json&) { return "Job " + *id + " was asked to stop.\n"; });
    });

    group.add_subcommand("resume", "Run the jobs whose process has died").callback([&session] {
        const std::int64_t ran = session.memory().resume_jobs(session.context());
        session.print(Json{{"jobs_run", ran}},
                      [&](const Json&) { return fmt::format("{} jobs run.\n", ran); });
    });
}

}  // namespace rag::cli
