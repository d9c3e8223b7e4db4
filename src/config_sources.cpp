#include "config_sources.hpp"

#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

extern char** environ;

namespace rag {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t env_file_bytes_max = 1'000'000;

std::map<std::string, std::string> read_environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) {
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return variables;
}

std::map<std::string, std::string> read_env_file(const fs::path& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > env_file_bytes_max) {
        return {};
    }
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    return parse_env_file(text, path.string());
}

/// The value between its quotes; null when they do not close.
bool unquote(std::string_view text, std::string& value) {
    const char quote = text.front();
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == quote) {
            const std::string_view rest = trim(text.substr(i + 1));
            return rest.empty() || rest.starts_with('#');
        }
        if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
            ++i;
            const char escaped = text[i];
            value.push_back(escaped == 'n' ? '\n' : (escaped == 't' ? '\t' : escaped));
        } else {
            value.push_back(text[i]);
        }
    }
    return false;
}

bool is_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

}  // namespace

std::map<std::string, std::string> parse_env_file(std::string_view text, const std::string& name) {
    std::map<std::string, std::string> variables;
    int number = 0;
    while (!text.empty()) {
        ++number;
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        if (line.starts_with("export ")) {
            line = trim(line.substr(7));
        }
        const std::size_t equals = line.find('=');
        const std::string_view variable = trim(line.substr(0, std::min(equals, line.size())));
        std::string value;
        bool good = equals != std::string_view::npos && is_name(variable);
        if (good) {
            const std::string_view written = trim(line.substr(equals + 1));
            if (written.starts_with('"') || written.starts_with('\'')) {
                good = unquote(written, value);
            } else {
                value = trim(written.substr(0, std::min(written.find(" #"), written.size())));
            }
        }
        if (!good) {
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("Line {} of '{}' is not NAME=value.", number, name));
        }
        variables[std::string(variable)] = value;
    }
    return variables;
}

LoadedConfig load_config(const std::map<std::string, std::string>& overrides) {
    ConfigSources sources;
    sources.command_line = overrides;
    sources.environment = read_environment();
    sources.working_dir = fs::current_path().string();
    const auto home = sources.environment.find("HOME");
    if (home != sources.environment.end()) {
        sources.home_dir = home->second;
        sources.user_file = read_env_file(fs::path(sources.home_dir) / ".rag-memory-env");
    }
    sources.local_file = read_env_file(fs::path(sources.working_dir) / ".env");
    return load_config(sources);
}

}  // namespace rag
