#pragma once

#include "config.hpp"

#include <map>
#include <string>
#include <string_view>

namespace rag {

/// Where values may come from, as they were found: variable name to value.
struct ConfigSources {
    std::map<std::string, std::string> command_line;
    std::map<std::string, std::string> environment;
    std::map<std::string, std::string> local_file;  ///< ./.env
    std::map<std::string, std::string> user_file;   ///< ~/.rag-memory-env
    std::string working_dir;
    std::string home_dir;
};

/// The pure part of load_config: the same sources give the same configuration.
LoadedConfig load_config(const ConfigSources& sources);

/// Reads lines of NAME=value: `export` before them, single and double quotes around the value
/// (\n, \t, \" and \\ inside double ones), # comments, blank lines. Throws Error{invalid_argument}
/// with file and line for any other line.
std::map<std::string, std::string> parse_env_file(std::string_view text, const std::string& name);

/// The URL with its password replaced by asterisks.
std::string mask_password(const std::string& url);

}  // namespace rag
