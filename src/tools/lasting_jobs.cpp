#include "tools/lasting_jobs.hpp"

#include "mcp/errors.hpp"
#include "mcp/tool_calls.hpp"
#include "rag/error.hpp"
#include "tools/tool_sets.hpp"

#include <algorithm>

namespace rag::tools {
namespace {

constexpr std::size_t uuid_size = 36;

/// "pages crawled: 12, pages ingested: 10" from {"pages_crawled": 12, ...}.
std::string describe_progress(const Json& progress) {
    std::string text;
    if (!progress.is_object()) {
        return text;
    }
    for (const auto& [name, value] : progress.items()) {
        std::string words = name;
        std::replace(words.begin(), words.end(), '_', ' ');
        text += (text.empty() ? "" : ", ") + words + ": " + dump_json(value);
    }
    return text;
}

mcp::Task to_task(const Job& job) {
    mcp::Task task;
    task.id = job.id;
    task.created_at = job.created_at;
    task.updated_at = job.updated_at;
    task.message = describe_progress(job.progress);
    switch (job.state) {
        case JobState::queued:
        case JobState::running: task.status = mcp::TaskStatus::working; break;
        case JobState::cancelled: task.status = mcp::TaskStatus::cancelled; break;
        case JobState::completed:
            task.status = mcp::TaskStatus::completed;
            task.result = mcp::to_json(result_of(job.result));
            break;
        case JobState::failed:
            // A tool that tells of an error has done its work, as far as the protocol goes.
            task.status = mcp::TaskStatus::completed;
            task.result = mcp::make_tool_error(job.error);
            break;
    }
    return task;
}

}  // namespace

std::optional<mcp::Task> LastingJobs::find(const CallContext& context, const std::string& id) {
    if (id.size() != uuid_size) {
        return std::nullopt;
    }
    try {
        const Job job = memory_(context).get_job(context, id);
        // An administrator sees all jobs; the tasks are those of whoever began them all the same.
        return job.principal == context.caller.principal ? std::optional(to_task(job))
                                                         : std::nullopt;
    } catch (const Error& error) {
        if (error.code() == ErrorCode::not_found) {
            return std::nullopt;
        }
        throw;
    }
}

void LastingJobs::run(const CallContext& context, const std::string& id) {
    memory_(context).run_job(context, id);
}

void LastingJobs::cancel(const CallContext& context, const std::string& id) {
    try {
        memory_(context).stop_job(context, id);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::conflict) {  // It has ended: nothing to stop.
            throw;
        }
    }
}

}  // namespace rag::tools
