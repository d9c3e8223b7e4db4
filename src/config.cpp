#include "config.hpp"

#include "config_sources.hpp"

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <sstream>

extern char** environ;

namespace rag {
namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::map<std::string, std::string> read_environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const std::size_t equals = text.find('=');
        if (equals != std::string::npos) {
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return variables;
}

}  // namespace

LoadedConfig load_config(const std::map<std::string, std::string>& overrides) {
    ConfigSources sources;
    sources.command_line = overrides;
    sources.environment = read_environment();
    std::error_code ignored;
    sources.working_dir = std::filesystem::current_path(ignored).string();
    sources.local_file = read_file(sources.working_dir + "/.env");
    const auto home = sources.environment.find("HOME");
    if (home != sources.environment.end() && !home->second.empty()) {
        sources.user_file = read_file(home->second + "/.rag-memory-env");
    }
    sources.log_to_terminal = ::isatty(STDERR_FILENO) == 1;
    return load_config_from(sources);
}

}  // namespace rag
