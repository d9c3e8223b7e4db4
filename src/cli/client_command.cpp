#include "cli/client_config.hpp"
#include "cli/session.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

namespace rag::cli {
namespace {

struct ClientRequest {
    std::string client;
    std::string url;
    bool token = false;
    bool write = false;
};

/// The variables that decide which memory this is; secrets are left to the client's user.
std::map<std::string, std::string> environment_of(const LoadedConfig& loaded) {
    std::map<std::string, std::string> variables;
    for (const ConfigEntry& entry : loaded.entries) {
        if (entry.variable == "RAG_DATA_DIR" && entry.origin != Origin::built_in) {
            variables[entry.variable] = loaded.config.data_dir;
        }
    }
    return variables;
}

std::string claude_code_command(const ServerEntry& entry) {
    if (entry.url.empty()) {
        return fmt::format("claude mcp add {} -- {} serve --transport stdio\n", entry.name,
                           entry.binary);
    }
    return fmt::format("claude mcp add --transport http {} {}{}\n", entry.name, entry.url,
                       entry.needs_token ? " --header \"Authorization: Bearer $RAG_TOKEN\"" : "");
}

}  // namespace

void add_client_command(Command root, Session& session) {
    Command command =
        root.add_subcommand("mcp-config", "Print or write the configuration of an MCP client");
    auto request = std::make_shared<ClientRequest>();
    command.add_option("client", request->client, "claude-desktop, claude-code, cursor or vscode")
        .required()
        .among(client_names());
    command.add_option("--url", request->url, "A running server instead, e.g. https://host/mcp");
    command.add_flag("--token", request->token, "The server asks for a token");
    command.add_flag("--write", request->write, "Put it into the client's file");
    command.callback([&session, request] {
        const LoadedConfig& loaded = session.config();
        ServerEntry entry;
        entry.binary = std::filesystem::read_symlink("/proc/self/exe").string();
        entry.environment = environment_of(loaded);
        entry.url = request->url;
        entry.needs_token = request->token;
        const Json config = make_client_config(request->client, entry);
        const std::string path =
            client_config_path(request->client, loaded.config.home_dir, loaded.config.working_dir);
        if (request->write) {
            write_client_config(path, config);
            session.print(Json{{"path", path}, {"written", true}},
                          [&](const Json&) { return "Wrote " + path + "\n"; });
            return;
        }
        session.print(config, [&](const Json&) {
            std::string text = dump_json_pretty(config) + '\n';
            if (request->client == "claude-code") {
                text += "\nor: " + claude_code_command(entry);
            }
            return text;
        });
        if (!session.json) {
            fmt::print(stderr, "This belongs into {}; --write puts it there.\n", path);
        }
    });
}

}  // namespace rag::cli
