#pragma once

#include "config.hpp"

#include <map>
#include <string>
#include <string_view>

namespace rag {

/// Everything that load_config looks at, so that tests can say it.
struct ConfigSources {
    std::map<std::string, std::string> command_line;  ///< By variable name.
    std::map<std::string, std::string> environment;
    std::string local_file;  ///< Text of ./.env; empty when there is none.
    std::string user_file;   ///< Text of ~/.rag-memory-env.
    std::string working_dir = "/";
    bool log_to_terminal = true;
};

/// As load_config, from what is given alone.
LoadedConfig load_config_from(const ConfigSources& sources);

/// Reads NAME=value lines: `export ` before the name, # comments, 'literal' and "escaped" values.
/// Throws Error{invalid_argument} naming `file` and the line for anything else.
std::map<std::string, std::string> parse_env_file(std::string_view text, std::string_view file);

}  // namespace rag
