#include "config.hpp"

#include "base/json.hpp"
#include "base/loopback.hpp"
#include "base/utf8.hpp"
#include "browser/remote.hpp"
#include "config_sources.hpp"
#include "rag/error.hpp"
#include "server/gate.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <thread>
#include <utility>

namespace rag {
namespace {

namespace fs = std::filesystem;

using HeadersByHost = std::map<std::string, std::map<std::string, std::string>>;

constexpr int rate_limit_default = 600;
constexpr int concurrent_calls_default = 64;
constexpr int crawl_starts_default = 60;

enum class Secrecy { open, secret, url, browser };

/// Looks values up, remembers what was found for `config show`, and complains about what cannot be
/// meant. One for each load.
class Reader {
public:
    explicit Reader(const ConfigSources& sources) : sources_(sources) {}

    /// The value as written, or the default. Every variable is asked for exactly once, in the order
    /// of the documentation.
    std::string text(const std::string& variable, const std::string& fallback = "",
                     Secrecy secrecy = Secrecy::open) {
        const auto [value, origin] = find(variable, fallback);
        entries_.push_back({variable, shown(value, secrecy), origin});
        return value;
    }

    bool given(const std::string& variable) const {
        return find(variable, "").second != Origin::built_in;
    }

    std::int64_t number(const std::string& variable, std::int64_t fallback, std::int64_t least,
                        std::int64_t most) {
        const std::string written = text(variable, std::to_string(fallback));
        std::int64_t value = 0;
        const char* end = written.data() + written.size();
        const auto [stop, error] = std::from_chars(written.data(), end, value);
        if (error != std::errc{} || stop != end || value < least || value > most) {
            refuse(variable, written, fmt::format("a number from {} to {}", least, most));
        }
        return value;
    }

    std::vector<std::string> list(const std::string& variable, char separator,
                                  const std::string& fallback = "") {
        std::vector<std::string> parts;
        const std::string written = text(variable, fallback);
        std::string_view left = written;
        while (!left.empty()) {
            const std::size_t end = std::min(left.find(separator), left.size());
            const std::string_view part = trim(left.substr(0, end));
            if (!part.empty()) {
                parts.emplace_back(part);
            }
            left.remove_prefix(std::min(end + 1, left.size()));
        }
        return parts;
    }

    std::string choice(const std::string& variable, const std::string& fallback,
                       const std::vector<std::string>& choices) {
        std::string value = text(variable, fallback);
        if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
            refuse(variable, value, fmt::format("{}", fmt::join(choices, ", ")));
        }
        return value;
    }

    [[noreturn]] void refuse(const std::string& variable, const std::string& value,
                             const std::string& wanted) const {
        const Origin origin = find(variable, "").second;
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} is '{}' ({}); it may be {}.", variable, value, to_words(origin),
                                wanted));
    }

    std::vector<ConfigEntry> take_entries() { return std::move(entries_); }

private:
    std::pair<std::string, Origin> find(const std::string& variable,
                                        const std::string& fallback) const {
        const std::pair<const std::map<std::string, std::string>&, Origin> places[] = {
            {sources_.command_line, Origin::command_line},
            {sources_.environment, Origin::environment},
            {sources_.local_file, Origin::local_file},
            {sources_.user_file, Origin::user_file}};
        for (const auto& [values, origin] : places) {
            const auto found = values.find(variable);
            // An empty value says "as if it were not there", so that a file's value can be undone.
            if (found != values.end()) {
                return found->second.empty() ? std::pair{fallback, Origin::built_in}
                                             : std::pair{found->second, origin};
            }
        }
        return {fallback, Origin::built_in};
    }

    static std::string shown(const std::string& value, Secrecy secrecy) {
        if (value.empty() || secrecy == Secrecy::open) {
            return value;
        }
        if (secrecy == Secrecy::browser) {
            return browser::mask_remote_address(value);
        }
        return secrecy == Secrecy::secret ? "********" : mask_password(value);
    }

    static const char* to_words(Origin origin) {
        switch (origin) {
            case Origin::command_line: return "from the command line";
            case Origin::environment: return "from the environment";
            case Origin::local_file: return "from ./.env";
            case Origin::user_file: return "from ~/.rag-memory-env";
            case Origin::built_in: return "the default";
        }
        return "the default";
    }

    const ConfigSources& sources_;
    std::vector<ConfigEntry> entries_;
};

std::string make_absolute(const std::string& path, const std::string& working_dir,
                          const std::string& home) {
    if (path == "~" || path.starts_with("~/")) {
        return home + path.substr(1);
    }
    return (fs::path(working_dir) / path).lexically_normal().string();
}

std::string default_data_dir(const ConfigSources& sources) {
    const auto found = sources.environment.find("XDG_DATA_HOME");
    if (found != sources.environment.end() && found->second.starts_with('/')) {
        return found->second + "/rag-memory";
    }
    return (sources.home_dir.empty() ? sources.working_dir : sources.home_dir) +
           "/.local/share/rag-memory";
}

void read_database(Reader& reader, Config& config) {
    const std::string url = reader.text("DATABASE_URL", "", Secrecy::url);
    config.data_dir = reader.text("RAG_DATA_DIR", config.data_dir);
    config.data_dir = make_absolute(config.data_dir, config.working_dir, config.home_dir);
    constexpr std::string_view sqlite = "sqlite:///";
    if (url.empty()) {
        config.database_url = "sqlite:///" + config.data_dir + "/memory.db";
    } else if (url.starts_with(sqlite)) {
        const std::string path = url.substr(sqlite.size());
        if (path.empty()) {
            reader.refuse("DATABASE_URL", url,
                          "sqlite:///relative/path or sqlite:////absolute/path");
        }
        config.database_url =
            "sqlite:///" + make_absolute(path, config.working_dir, config.home_dir);
    } else if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
        config.database_url = url;
    } else {
        reader.refuse("DATABASE_URL", mask_password(url), "postgresql://... or sqlite:///path");
    }
}

/// US dollars for a million tokens; null when it is not given.
std::optional<double> read_price(Reader& reader) {
    const char* variable = "RAG_EMBEDDING_PRICE";
    constexpr double price_max = 1'000'000;
    const std::string written = reader.text(variable);
    if (written.empty()) {
        return std::nullopt;
    }
    double price = 0;
    const char* end = written.data() + written.size();
    const auto [stop, error] = std::from_chars(written.data(), end, price);
    if (error != std::errc{} || stop != end || !(price >= 0 && price <= price_max)) {
        reader.refuse(variable, written, "US dollars for a million tokens, such as 0.02");
    }
    return price;
}

void read_embedding(Reader& reader, Config& config) {
    config.embedding_provider =
        reader.choice("RAG_EMBEDDING_PROVIDER", "builtin", {"builtin", "openai", "model2vec"});
    config.embedding_model = reader.text("RAG_EMBEDDING_MODEL");
    config.embedding_dimensions =
        static_cast<int>(reader.number("RAG_EMBEDDING_DIMENSIONS", 0, 0, 16'000));
    config.openai_api_key = reader.text("OPENAI_API_KEY", "", Secrecy::secret);
    config.openai_base_url = reader.text("OPENAI_BASE_URL", config.openai_base_url);
    config.embedding_price = read_price(reader);
}

AuthMode read_auth(Reader& reader, Config& config) {
    config.auth_given = reader.given("RAG_AUTH");
    const std::string word = reader.choice("RAG_AUTH", "none", {"none", "token", "oauth"});
    return word == "token" ? AuthMode::token : (word == "oauth" ? AuthMode::oauth : AuthMode::none);
}

/// Limits by principal. Where nobody but this machine's users can call there are none by default.
void read_caller_limits(Reader& reader, Config& config) {
    const bool open = config.auth == AuthMode::none && is_loopback(config.host);
    const auto read = [&](const char* variable, int otherwise) {
        return static_cast<int>(reader.number(variable, open ? 0 : otherwise, 0, 1'000'000));
    };
    config.rate_limit = read("RAG_RATE_LIMIT", rate_limit_default);
    config.concurrent_calls = read("RAG_CONCURRENT_CALLS", concurrent_calls_default);
    config.crawl_starts = read("RAG_CRAWL_STARTS", crawl_starts_default);
}

void read_network(Reader& reader, Config& config) {
    config.host = reader.text("RAG_HOST", config.host);
    config.port = static_cast<std::uint16_t>(reader.number("PORT", config.port, 0, 65'535));
    config.public_url = reader.text("RAG_PUBLIC_URL");
    config.allowed_hosts = reader.list("RAG_ALLOWED_HOSTS", ',');
    config.allowed_origins = reader.list("RAG_ALLOWED_ORIGINS", ',');
    config.auth = read_auth(reader, config);
    config.tokens = reader.text("RAG_TOKENS", "", Secrecy::secret);
    config.secret = reader.text("RAG_SECRET", "", Secrecy::secret);
    config.oauth_issuer = reader.text("RAG_OAUTH_ISSUER");
    config.oauth_audience = reader.list("RAG_OAUTH_AUDIENCE", ',');
    read_caller_limits(reader, config);
}

/// {"host": {"Header": "value"}}
HeadersByHost read_headers(Reader& reader) {
    const char* variable = "RAG_CRAWL_HEADERS";
    const std::string written = reader.text(variable, "", Secrecy::secret);
    if (written.empty()) {
        return {};
    }
    try {
        return Json::parse(written).get<HeadersByHost>();
    } catch (const Json::exception&) {
        reader.refuse(variable, "********", R"(JSON such as {"host": {"Header": "value"}})");
    }
}

void read_browser(Reader& reader, Config& config) {
    config.browser = reader.text("RAG_BROWSER", "", Secrecy::browser);
    if (browser::is_remote(config.browser) && !browser::parse_remote_address(config.browser)) {
        reader.refuse("RAG_BROWSER", browser::mask_remote_address(config.browser),
                      "the path or the name of a Chromium on this machine, off, or the address of "
                      "one elsewhere: ws://HOST:PORT/PATH, wss://HOST/?token=..., http://HOST:PORT "
                      "or https://HOST");
    }
    config.browser_sandbox = reader.choice("RAG_BROWSER_SANDBOX", "on", {"on", "off"}) == "on";
}

/// Whom a site's owner can turn to: as written, else the address that clients type.
std::string read_contact(Reader& reader, const Config& config) {
    const char* variable = "RAG_CRAWL_CONTACT";
    const std::string contact = reader.text(variable, config.public_url);
    const bool plain = std::all_of(contact.begin(), contact.end(), [](char c) {
        return c > ' ' && c < '\x7F' && c != '(' && c != ')' && c != ';';
    });
    if (!plain) {
        reader.refuse(variable, contact, "a URL or a mail address");
    }
    return contact;
}

void read_files_and_crawl(Reader& reader, Config& config) {
    const bool given = reader.given("RAG_ALLOWED_ROOTS");
    std::vector<std::string> roots = reader.list("RAG_ALLOWED_ROOTS", ':');
    for (std::string& root : roots) {
        root = make_absolute(root, config.working_dir, config.home_dir);
    }
    if (given) {
        config.allowed_roots = std::move(roots);
    }
    config.crawl_allow_hosts = reader.list("RAG_CRAWL_ALLOW_HOSTS", ',');
    config.crawl_user_agent = reader.text("RAG_CRAWL_USER_AGENT");
    config.crawl_contact = read_contact(reader, config);
    const auto number = [&reader](const char* variable, int otherwise, int least, int most) {
        return static_cast<int>(reader.number(variable, otherwise, least, most));
    };
    config.crawl_fetches = number("RAG_CRAWL_FETCHES", config.crawl_fetches, 1, 32);
    config.crawl_fetches_per_host =
        number("RAG_CRAWL_HOST_FETCHES", config.crawl_fetches_per_host, 1, 16);
    config.crawl_delay_ms = number("RAG_CRAWL_DELAY", config.crawl_delay_ms, 0, 60'000);
    config.crawl_headers = read_headers(reader);
    read_browser(reader, config);
}

void check_schema_name(const Reader& reader, const std::string& name) {
    const bool plain = !name.empty() && name.size() <= 63 && !(name[0] >= '0' && name[0] <= '9') &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                       });
    if (!plain) {
        reader.refuse("RAG_DB_SCHEMA", name, "lower-case letters, digits and _, 63 at most");
    }
}

/// More threads than this gain nothing where calls wait for one store, and a container's limit on
/// processes is soon reached.
constexpr std::int64_t workers_default_min = 4;
constexpr std::int64_t workers_default_max = 64;

void read_limits(Reader& reader, Config& config) {
    const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
    config.index_memory_mb =
        reader.number("RAG_INDEX_MEMORY", config.index_memory_mb, 1, 1'000'000);
    config.db_pool = static_cast<int>(reader.number("RAG_DB_POOL", config.db_pool, 1, 1'000));
    config.db_pooler = reader.choice("RAG_DB_POOLER", "", {"", "off", "transaction"});
    config.db_schema = reader.text("RAG_DB_SCHEMA", config.db_schema);
    check_schema_name(reader, config.db_schema);
    const std::int64_t workers = std::clamp(2 * cores, workers_default_min, workers_default_max);
    config.workers = static_cast<std::size_t>(reader.number("RAG_WORKERS", workers, 1, 1'024));
    config.queue = static_cast<std::size_t>(reader.number("RAG_QUEUE", 256, 1, 100'000));
    config.max_body_mb = reader.number("RAG_MAX_BODY", config.max_body_mb, 1, 1'024);
    config.body_budget_mb = reader.number("RAG_BODY_BUDGET", config.body_budget_mb, 1, 65'536);
    config.toolsets = reader.list("RAG_TOOLSETS", ',', "core");
    for (const std::string& toolset : config.toolsets) {
        if (toolset != "core" && toolset != "admin" && toolset != "connector") {
            reader.refuse("RAG_TOOLSETS", toolset, "core, admin, connector, separated by commas");
        }
    }
    config.stream_idle = std::chrono::seconds(reader.number("RAG_STREAM_IDLE", 0, 0, 1'000'000));
    config.idle_exit = std::chrono::seconds(reader.number("RAG_IDLE_EXIT", 0, 0, 1'000'000));
}

void read_log(Reader& reader, Config& config) {
    const std::string level = reader.text("RAG_LOG_LEVEL", "info");
    if (!log::parse_level(level, config.log_level)) {
        reader.refuse("RAG_LOG_LEVEL", level, "trace, debug, info, warn, error or off");
    }
    const std::string format = reader.choice(
        "RAG_LOG_FORMAT", isatty(STDERR_FILENO) == 1 ? "text" : "json", {"text", "json"});
    config.log_format = format == "json" ? log::Format::json : log::Format::text;
}

}  // namespace

std::string mask_password(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) {
        return url;
    }
    const std::size_t begin = scheme + 3;
    const std::size_t end = std::min(url.find_first_of("/?", begin), url.size());
    const std::size_t at = url.substr(0, end).rfind('@');
    const std::size_t colon = url.find(':', begin);
    std::string masked = url;
    if (at != std::string::npos && colon < at) {
        masked.replace(colon + 1, at - colon - 1, "********");
    }
    // A password may also stand in the query: ?password=...
    const std::size_t query = masked.find("password=");
    if (query != std::string::npos) {
        const std::size_t value = query + std::string_view("password=").size();
        masked.replace(value, std::min(masked.find('&', value), masked.size()) - value, "********");
    }
    return masked;
}

const ConfigEntry* LoadedConfig::find_set(std::string_view variable) const {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const ConfigEntry& entry) {
        return entry.variable == variable && entry.origin != Origin::built_in;
    });
    return found == entries.end() ? nullptr : &*found;
}

LoadedConfig load_config(const ConfigSources& sources) {
    LoadedConfig loaded;
    Config& config = loaded.config;
    config.working_dir = sources.working_dir;
    config.home_dir = sources.home_dir;
    config.data_dir = default_data_dir(sources);
    if (const auto path = sources.environment.find("PATH"); path != sources.environment.end()) {
        config.search_path = path->second;
    }
    Reader reader(sources);
    read_database(reader, config);
    read_embedding(reader, config);
    read_network(reader, config);
    read_files_and_crawl(reader, config);
    read_limits(reader, config);
    read_log(reader, config);
    loaded.entries = reader.take_entries();
    return loaded;
}

}  // namespace rag
