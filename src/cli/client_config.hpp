#pragma once

#include "base/json.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rag::cli {

/// What a client's configuration must say to reach this memory.
struct ServerEntry {
    std::string name = "rag-memory";
    std::string binary;  ///< Absolute path; the client starts it with `serve --transport stdio`.
    std::map<std::string, std::string> environment;
    std::string url;  ///< Of a running server instead; empty: the binary.
    bool needs_token = false;
};

/// "claude-desktop", "claude-code", "cursor", "vscode"
const std::vector<std::string>& client_names();

/// The configuration file's content for a client that has none yet. Throws Error{invalid_argument}
/// for an unknown client, and for a URL where the client knows only local servers.
Json make_client_config(std::string_view client, const ServerEntry& entry);

/// Where the client keeps it: below the home directory, or in the project for Claude Code and
/// VS Code.
std::string client_config_path(std::string_view client, const std::string& home,
                               const std::string& project_dir);

/// Puts our entry into the file and leaves the rest as it is; the file as it was is kept beside it
/// with ".bak". Throws Error{invalid_argument} for a file that is not plain JSON.
void write_client_config(const std::string& path, const Json& config);

}  // namespace rag::cli
