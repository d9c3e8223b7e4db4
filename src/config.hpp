#pragma once

#include "base/log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag {

/// Where a value came from, for `rag config show`.
enum class Origin { built_in, user_file, local_file, environment, command_line };

enum class AuthMode { none, token, oauth };

/// Everything that can be configured, checked and complete. docs/CONFIGURATION.md has the table.
/// Read once in main; nothing else looks at the environment.
struct Config {
    std::string database_url;  ///< postgresql://… or sqlite:///path; never empty.
    std::string data_dir;      ///< Absolute.
    std::string working_dir;   ///< Of the process, absolute.
    std::string home_dir;      ///< May be empty.

    std::string embedding_provider = "builtin";  ///< builtin, openai, model2vec
    std::string embedding_model;                 ///< Empty: the provider's.
    int embedding_dimensions = 0;                ///< 0: the model's.
    std::string openai_api_key;
    std::string openai_base_url = "https://api.openai.com/v1";
    std::optional<double> embedding_price;  ///< US dollars for a million tokens.

    std::string host = "127.0.0.1";
    std::uint16_t port = 8000;  ///< 0: chosen by the system.
    std::string public_url;
    std::vector<std::string> allowed_hosts;
    std::vector<std::string> allowed_origins;

    AuthMode auth = AuthMode::none;
    bool auth_given = false;  ///< RAG_AUTH was written out.
    std::string tokens;       ///< name:role[:collection+collection]:secret, comma-separated.
    std::string secret;       ///< Signs sessions; empty until derived by the composition root.
    std::string oauth_issuer;
    std::vector<std::string> oauth_audience;  ///< Empty: what the public URL makes of it.
    // By principal; 0 is off.
    int rate_limit = 0;  ///< Calls a minute.
    int concurrent_calls = 0;
    int crawl_starts = 0;  ///< An hour.

    std::optional<std::vector<std::string>> allowed_roots;  ///< Absolute folders; null when unset.
    std::vector<std::string> crawl_allow_hosts;
    std::string crawl_user_agent;    ///< Empty: ours.
    std::string crawl_contact;       ///< Stands in our user agent; empty: none.
    int crawl_fetches = 6;           ///< At once, of one crawl.
    int crawl_fetches_per_host = 2;  ///< At once, where robots.txt gives no delay.
    int crawl_delay_ms = 100;        ///< Between requests to a host where robots.txt gives none.
    std::map<std::string, std::map<std::string, std::string>> crawl_headers;  ///< By host.
    /// A path, a name, "off", or the address of one elsewhere, which may hold a secret; empty:
    /// found on the search path.
    std::string browser;
    std::string search_path;  ///< PATH
    bool browser_sandbox = true;

    std::int64_t index_memory_mb = 160;
    int db_pool = 5;
    std::string db_pooler;  ///< "", "off", "transaction"
    std::string db_schema = "rag_memory";

    std::size_t workers = 4;
    std::size_t queue = 256;
    std::int64_t max_body_mb = 32;
    std::int64_t body_budget_mb = 64;
    std::vector<std::string> toolsets = {"core"};
    std::chrono::seconds stream_idle{0};  ///< 0: off.
    std::chrono::seconds idle_exit{0};    ///< 0: off.

    log::Level log_level = log::Level::info;
    log::Format log_format = log::Format::text;
};

/// A value as `rag config show` prints it.
struct ConfigEntry {
    std::string variable;
    std::string value;  ///< Secrets masked.
    Origin origin = Origin::built_in;
};

struct LoadedConfig {
    Config config;
    std::vector<ConfigEntry> entries;  ///< Every variable, in the order of the documentation.

    /// The entry of a variable that somebody set; null for one that has what is built in.
    const ConfigEntry* find_set(std::string_view variable) const;
};

/// Command line > environment > ./.env > ~/.rag-memory-env > default. `overrides` holds what the
/// command line gave, by variable name (RAG_HOST, PORT, ...). Throws Error{invalid_argument} naming
/// the variable, its value, where it came from and what it may be.
LoadedConfig load_config(const std::map<std::string, std::string>& overrides);

}  // namespace rag
