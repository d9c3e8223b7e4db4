#pragma once

#include "base/json.hpp"
#include "cli/application.hpp"
#include "cli/command_line.hpp"

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace rag::cli {

/// Thrown for what makes the exit code 2: a configuration or an argument that cannot be meant.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One run of the program: what the command line said, and the pieces that commands ask for, made
/// when first asked for. Used by one thread.
class Session {
public:
    explicit Session(const MakeApplication& make_application)
        : make_application_(make_application) {}

    // Written while the command line is read.
    std::map<std::string, std::string> overrides;  ///< Variable to value.
    bool json = false;
    int exit_code = 0;

    /// Throws UsageError when the configuration is wrong.
    const LoadedConfig& config();
    Application& application();
    memory::Memory& memory() { return application().memory(); }

    /// A call on behalf of the person at the terminal: may read whatever the process's user may.
    /// An interrupt ends the process, as every write is whole or not there.
    CallContext context() const;

    /// Prints the tool's result object with --json, else what `describe` makes of it.
    template <class Describe>
    void print(const Json& result, Describe describe) const {
        write(json ? dump_json(result) + '\n' : describe(result));
    }

    void write(const std::string& text) const;

private:
    const MakeApplication& make_application_;
    std::unique_ptr<LoadedConfig> config_;
    std::unique_ptr<Application> application_;
};

// One function for each file of commands; each adds its commands to the command line.
void add_analyze_command(Command root, Session& session);
void add_client_command(Command root, Session& session);
void add_collection_commands(Command root, Session& session);
void add_config_command(Command root, Session& session);
void add_demo_command(Command root, Session& session);
void add_doctor_command(Command root, Session& session);
void add_document_commands(Command root, Session& session);
void add_ingest_commands(Command root, Session& session);
void add_job_commands(Command root, Session& session);
void add_migrate_command(Command root, Session& session);
void add_moving_commands(Command root, Session& session);
void add_reindex_command(Command root, Session& session);
void add_search_command(Command root, Session& session);
void add_serve_command(Command root, Session& session);
void add_store_commands(Command root, Session& session);
void add_token_command(Command root, Session& session);
void add_upkeep_commands(Command root, Session& session);
void add_verify_command(Command root, Session& session);
void add_watch_command(Command root, Session& session);

/// Reads an option's JSON object; empty text gives an empty object. Throws UsageError.
Json read_object_option(const std::string& option, const std::string& text);

}  // namespace rag::cli
