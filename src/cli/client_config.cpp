#include "cli/client_config.hpp"

#include "rag/error.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rag::cli {
namespace {

Json local_server(const ServerEntry& entry) {
    Json server{{"command", entry.binary}, {"args", {"serve", "--transport", "stdio"}}};
    if (!entry.environment.empty()) {
        server["env"] = entry.environment;
    }
    return server;
}

/// `token` is how this client writes a reference to a variable that holds a secret.
Json remote_server(const ServerEntry& entry, const char* token) {
    Json server{{"url", entry.url}};
    if (entry.needs_token) {
        server["headers"] = {{"Authorization", std::string("Bearer ") + token}};
    }
    return server;
}

Json with_type(Json server, const char* type) {
    server["type"] = type;
    return server;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

const std::vector<std::string>& client_names() {
    static const std::vector<std::string> names{"claude-desktop", "claude-code", "cursor",
                                                "vscode"};
    return names;
}

Json make_client_config(std::string_view client, const ServerEntry& entry) {
    const bool remote = !entry.url.empty();
    if (client == "claude-desktop") {
        if (remote) {
            throw Error(ErrorCode::invalid_argument,
                        "Claude Desktop's file knows only local servers; add '" + entry.url +
                            "' in its Settings under Connectors.");
        }
        return {{"mcpServers", {{entry.name, local_server(entry)}}}};
    }
    if (client == "claude-code") {
        const Json server = remote ? with_type(remote_server(entry, "${RAG_TOKEN}"), "http")
                                   : with_type(local_server(entry), "stdio");
        return {{"mcpServers", {{entry.name, server}}}};
    }
    if (client == "cursor") {
        const Json server = remote ? remote_server(entry, "${env:RAG_TOKEN}") : local_server(entry);
        return {{"mcpServers", {{entry.name, server}}}};
    }
    if (client == "vscode") {
        const Json server = remote ? with_type(remote_server(entry, "${input:rag-token}"), "http")
                                   : with_type(local_server(entry), "stdio");
        Json config{{"servers", {{entry.name, server}}}};
        if (remote && entry.needs_token) {
            config["inputs"] = Json::array({{{"type", "promptString"},
                                             {"id", "rag-token"},
                                             {"description", "Token of the RAG Memory server"},
                                             {"password", true}}});
        }
        return config;
    }
    throw Error(ErrorCode::invalid_argument,
                "Client '" + std::string(client) +
                    "' is unknown; use claude-desktop, claude-code, cursor or vscode.");
}

std::string client_config_path(std::string_view client, const std::string& home,
                               const std::string& project_dir) {
    if (client == "claude-desktop") {
#ifdef __APPLE__
        return home + "/Library/Application Support/Claude/claude_desktop_config.json";
#else
        return home + "/.config/Claude/claude_desktop_config.json";
#endif
    }
    if (client == "cursor") {
        return home + "/.cursor/mcp.json";
    }
    return project_dir + (client == "vscode" ? "/.vscode/mcp.json" : "/.mcp.json");
}

void write_client_config(const std::string& path, const Json& config) {
    namespace fs = std::filesystem;
    Json merged = Json::object();
    if (fs::exists(path)) {
        const std::string text = read_file(path);
        merged = Json::parse(text.empty() ? "{}" : text, nullptr, /*allow_exceptions=*/false);
        if (!merged.is_object()) {
            throw Error(ErrorCode::invalid_argument,
                        "'" + path +
                            "' is not plain JSON (comments perhaps), so it was left alone; "
                            "run this without --write and put the entry in by hand.");
        }
        fs::copy_file(path, path + ".bak", fs::copy_options::overwrite_existing);
    } else {
        fs::create_directories(fs::path(path).parent_path());
    }
    for (const auto& [section, value] : config.items()) {
        if (value.is_object()) {
            merged[section].update(value);
        } else if (!merged.contains(section)) {
            merged[section] = value;
        } else {
            for (const Json& element : value) {
                const bool there = std::find(merged[section].begin(), merged[section].end(),
                                             element) != merged[section].end();
                if (!there) {
                    merged[section].push_back(element);
                }
            }
        }
    }
    // Written beside and renamed, so that the client never reads half a file.
    const std::string temporary = path + ".new";
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file << dump_json_pretty(merged) << '\n';
    file.close();
    if (!file) {
        throw Error(ErrorCode::unavailable, "'" + temporary + "' could not be written.");
    }
    fs::rename(temporary, path);
}

}  // namespace rag::cli
