#include "cli/run.hpp"

#include "base/log.hpp"
#include "base/version.hpp"
#include "cli/command_line.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

namespace rag::cli {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

/// Options of the whole program that stand for a configuration variable.
void add_global_options(Command root, Session& session) {
    const auto add = [&](const char* flag, const char* variable, const char* help) {
        root.add_setting(
            flag,
            [&session, variable](const std::string& value) { session.overrides[variable] = value; },
            help);
    };
    add("--database-url", "DATABASE_URL", "postgresql://... or sqlite:///path");
    add("--data-dir", "RAG_DATA_DIR", "Folder of the database, snapshots and caches");
    add("--log-level", "RAG_LOG_LEVEL", "trace, debug, info, warn, error or off");
    root.add_flag("--json", session.json, "Print the result object and nothing else");
}

}  // namespace

int run(int argc, const char* const* argv, const MakeApplication& make_application) {
    CommandLine line("rag",
                     "A memory for AI agents: takes text in and finds the passage that answers a "
                     "question.",
                     fmt::format("rag {}", version));
    const Command root = line.root();
    // A command's own messages are quiet unless something is wrong; serve sets its level itself.
    log::configure(log::Level::warn, log::Format::text);

    Session session(make_application);
    add_global_options(root, session);
    add_serve_command(root, session);
    add_demo_command(root, session);
    add_collection_commands(root, session);
    add_ingest_commands(root, session);
    add_watch_command(root, session);
    add_search_command(root, session);
    add_document_commands(root, session);
    add_analyze_command(root, session);
    add_job_commands(root, session);
    add_store_commands(root, session);
    add_moving_commands(root, session);
    add_reindex_command(root, session);
    add_verify_command(root, session);
    add_migrate_command(root, session);
    add_doctor_command(root, session);
    add_config_command(root, session);
    add_client_command(root, session);
    add_token_command(root, session);
    add_upkeep_commands(root, session);

    const auto complain = [](const std::string& sentence) {
        clear_progress_bar();
        fmt::print(stderr, "rag: {}\n", sentence);
    };
    try {
        return line.run(argc, argv) ? session.exit_code : exit_usage;
    } catch (const UsageError& error) {
        complain(error.what());
        return exit_usage;
    } catch (const Error& error) {
        complain(error.message());
        return exit_failed;
    } catch (const std::exception& error) {
        complain(error.what());
        return exit_failed;
    }
}

}  // namespace rag::cli
