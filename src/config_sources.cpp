#include "config_sources.hpp"

<<<<<<< HEAD
=======
#include "base/json.hpp"
#include "base/url.hpp"
>>>>>>> http
#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
<<<<<<< HEAD
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

extern char** environ;
=======
#include <array>
#include <charconv>
#include <filesystem>
#include <limits>
#include <thread>
>>>>>>> http

namespace rag {
namespace {

<<<<<<< HEAD
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
=======
constexpr std::int64_t body_mb_max = 1024;

enum class Secrecy { open, secret, password_in_url, token_list };

struct Variable {
    const char* name;
    Secrecy secrecy = Secrecy::open;
};

/// In the order of docs/CONFIGURATION.md.
constexpr std::array variables{
    Variable{"DATABASE_URL", Secrecy::password_in_url},
    Variable{"RAG_DATA_DIR"},
    Variable{"RAG_EMBEDDING_PROVIDER"},
    Variable{"RAG_EMBEDDING_MODEL"},
    Variable{"RAG_EMBEDDING_DIMENSIONS"},
    Variable{"OPENAI_API_KEY", Secrecy::secret},
    Variable{"OPENAI_BASE_URL", Secrecy::password_in_url},
    Variable{"RAG_HOST"},
    Variable{"PORT"},
    Variable{"RAG_PUBLIC_URL"},
    Variable{"RAG_ALLOWED_HOSTS"},
    Variable{"RAG_ALLOWED_ORIGINS"},
    Variable{"RAG_AUTH"},
    Variable{"RAG_TOKENS", Secrecy::token_list},
    Variable{"RAG_SECRET", Secrecy::secret},
    Variable{"RAG_OAUTH_ISSUER"},
    Variable{"RAG_OAUTH_AUDIENCE"},
    Variable{"RAG_RATE_LIMIT"},
    Variable{"RAG_ALLOWED_ROOTS"},
    Variable{"RAG_CRAWL_ALLOW_HOSTS"},
    Variable{"RAG_CRAWL_USER_AGENT"},
    Variable{"RAG_CRAWL_HEADERS", Secrecy::secret},
    Variable{"RAG_BROWSER"},
    Variable{"RAG_INDEX_MEMORY"},
    Variable{"RAG_DB_POOL"},
    Variable{"RAG_DB_POOLER"},
    Variable{"RAG_DB_SCHEMA"},
    Variable{"RAG_WORKERS"},
    Variable{"RAG_QUEUE"},
    Variable{"RAG_MAX_BODY"},
    Variable{"RAG_BODY_BUDGET"},
    Variable{"RAG_TOOLSETS"},
    Variable{"RAG_IDLE_EXIT"},
    Variable{"RAG_LOG_LEVEL"},
    Variable{"RAG_LOG_FORMAT"},
};

struct Value {
    std::string text;
    Origin origin = Origin::built_in;
};

std::string_view to_words(Origin origin) {
    switch (origin) {
        case Origin::built_in: return "the default";
        case Origin::user_file: return "~/.rag-memory-env";
        case Origin::local_file: return "./.env";
        case Origin::environment: return "the environment";
        case Origin::command_line: return "the command line";
    }
    return "the default";
}

/// user:password@ of a URL with the password masked.
std::string mask_password(const std::string& url) {
    const std::size_t begin = url.find("://");
    const std::size_t at = url.find_last_of('@');
    if (begin == std::string::npos || at == std::string::npos || at < begin) {
        return url;
    }
    const std::size_t colon = url.find(':', begin + 3);
    return colon == std::string::npos || colon > at ? url
                                                    : url.substr(0, colon + 1) + "***" +
                                                          url.substr(at);
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = text.find(separator);
        const std::string_view part = trim(text.substr(0, end));
        if (!part.empty()) {
            parts.emplace_back(part);
        }
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    return parts;
}

std::string mask(const std::string& text, Secrecy secrecy) {
    if (text.empty()) {
        return text;
    }
    switch (secrecy) {
        case Secrecy::open: return text;
        case Secrecy::secret: return "***";
        case Secrecy::password_in_url: return mask_password(text);
        case Secrecy::token_list: break;
    }
    std::string masked;
    for (const std::string& entry : split(text, ',')) {
        const std::size_t colon = entry.find_last_of(':');
        masked += (masked.empty() ? "" : ",") +
                  (colon == std::string::npos ? std::string("***")
                                              : entry.substr(0, colon + 1) + "***");
    }
    return masked;
}

/// The variables as the sources give them, and typed reading of them.
class Values {
public:
    explicit Values(const ConfigSources& sources) {
        add(parse_env_file(sources.user_file, "~/.rag-memory-env"), Origin::user_file);
        add(parse_env_file(sources.local_file, "./.env"), Origin::local_file);
        add(sources.environment, Origin::environment);
        add(sources.command_line, Origin::command_line);
    }

    const Value* find(const std::string& name) const {
        const auto found = values_.find(name);
        return found == values_.end() ? nullptr : &found->second;
    }

    [[noreturn]] void refuse(const std::string& name, std::string_view what) const {
        const Value& value = values_.at(name);
        Secrecy secrecy = Secrecy::open;
        for (const Variable& variable : variables) {
            secrecy = variable.name == name ? variable.secrecy : secrecy;
        }
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} is '{}' (from {}), but must be {}.", name,
                                mask(value.text, secrecy), to_words(value.origin), what));
    }

    void read(const std::string& name, std::string& to) const {
        if (const Value* value = find(name)) {
            to = value->text;
        }
    }

    template <class Number>
    void read(const std::string& name, Number& to, std::int64_t least, std::int64_t most) const {
        const Value* value = find(name);
        if (value == nullptr) {
            return;
        }
        std::int64_t number = 0;
        const char* end = value->text.data() + value->text.size();
        const auto [stop, error] = std::from_chars(value->text.data(), end, number);
        if (error != std::errc() || stop != end || number < least || number > most) {
            refuse(name, fmt::format("a whole number from {} to {}", least, most));
        }
        to = static_cast<Number>(number);
    }

    void read(const std::string& name, std::vector<std::string>& to, char separator) const {
        if (const Value* value = find(name)) {
            to = split(value->text, separator);
        }
    }

    std::string choose(const std::string& name, const std::vector<std::string>& choices,
                       std::string otherwise) const {
        const Value* value = find(name);
        if (value == nullptr) {
            return otherwise;
        }
        if (std::find(choices.begin(), choices.end(), value->text) == choices.end()) {
            refuse(name, fmt::format("one of {}", fmt::join(choices, ", ")));
        }
        return value->text;
    }

    void require_http_url(const std::string& name) const {
        if (find(name) != nullptr && !parse_url(find(name)->text)) {
            refuse(name, "an http or https URL");
        }
    }

private:
    /// An empty value is as good as none, so that a later source can take one back.
    void add(const std::map<std::string, std::string>& source, Origin origin) {
        for (const Variable& variable : variables) {
            const auto found = source.find(variable.name);
            if (found == source.end()) {
                continue;
            }
            const std::string text(trim(found->second));
            if (text.empty()) {
                values_.erase(variable.name);
            } else {
                values_[variable.name] = Value{text, origin};
            }
        }
    }

    std::map<std::string, Value> values_;
};

std::string make_absolute(std::string_view path, const Config& config) {
    std::string full(path);
    if (full == "~" || full.starts_with("~/")) {
        full = config.home_dir + full.substr(1);
    }
    return (std::filesystem::path(config.working_dir) / full).lexically_normal().string();
}

void read_places(const Values& values, const ConfigSources& sources, Config& config) {
    config.working_dir = sources.working_dir;
    const auto variable = [&](const char* name) {
        const auto found = sources.environment.find(name);
        return found == sources.environment.end() ? std::string() : found->second;
    };
    config.home_dir = variable("HOME");
    const std::string xdg = variable("XDG_DATA_HOME");
    std::string base = config.home_dir + "/.local/share";
    // The XDG base directory specification: a relative path is to be ignored.
    if (xdg.starts_with('/')) {
        base = xdg;
    } else if (config.home_dir.empty()) {
        base = config.working_dir;
    }
    config.data_dir = base + "/rag-memory";
    values.read("RAG_DATA_DIR", config.data_dir);
    config.data_dir = make_absolute(config.data_dir, config);

    values.read("DATABASE_URL", config.database_url);
    constexpr std::string_view sqlite = "sqlite:///";
    std::string& url = config.database_url;
    if (url.empty()) {
        url = std::string(sqlite) + config.data_dir + "/memory.db";
    } else if (url.starts_with(sqlite) && url.size() > sqlite.size()) {
        url = std::string(sqlite) + make_absolute(url.substr(sqlite.size()), config);
    } else if (!url.starts_with("postgresql://") && !url.starts_with("postgres://")) {
        values.refuse("DATABASE_URL", "postgresql://... or sqlite:///path");
    }
    if (const Value* roots = values.find("RAG_ALLOWED_ROOTS")) {
        config.allowed_roots.emplace();
        for (const std::string& root : split(roots->text, ':')) {
            config.allowed_roots->push_back(make_absolute(root, config));
        }
    }
}

void read_embedding(const Values& values, Config& config) {
    config.embedding_provider = values.choose("RAG_EMBEDDING_PROVIDER",
                                              {"builtin", "openai", "model2vec"}, "builtin");
    values.read("RAG_EMBEDDING_MODEL", config.embedding_model);
    values.read("RAG_EMBEDDING_DIMENSIONS", config.embedding_dimensions, 1, 16'000);
    values.read("OPENAI_API_KEY", config.openai_api_key);
    values.require_http_url("OPENAI_BASE_URL");
    values.read("OPENAI_BASE_URL", config.openai_base_url);
}

void read_network(const Values& values, Config& config) {
    values.read("RAG_HOST", config.host);
    values.read("PORT", config.port, 0, std::numeric_limits<std::uint16_t>::max());
    values.require_http_url("RAG_PUBLIC_URL");
    values.read("RAG_PUBLIC_URL", config.public_url);
    values.read("RAG_ALLOWED_HOSTS", config.allowed_hosts, ',');
    values.read("RAG_ALLOWED_ORIGINS", config.allowed_origins, ',');
    for (const std::string& origin : config.allowed_origins) {
        if (!parse_url(origin)) {
            values.refuse("RAG_ALLOWED_ORIGINS", "a list of scheme://host[:port]");
        }
    }
    config.auth_given = values.find("RAG_AUTH") != nullptr;
    const std::string auth = values.choose("RAG_AUTH", {"none", "token", "oauth"}, "none");
    config.auth = auth == "token"   ? AuthMode::token
                  : auth == "oauth" ? AuthMode::oauth
                                    : AuthMode::none;
    values.read("RAG_TOKENS", config.tokens);
    values.read("RAG_SECRET", config.secret);
    values.require_http_url("RAG_OAUTH_ISSUER");
    values.read("RAG_OAUTH_ISSUER", config.oauth_issuer);
    values.read("RAG_OAUTH_AUDIENCE", config.oauth_audience);
    if (values.find("RAG_RATE_LIMIT") != nullptr) {
        config.rate_limit.emplace();
        values.read("RAG_RATE_LIMIT", *config.rate_limit, 0, 1'000'000);
    }
}

void read_crawl(const Values& values, Config& config) {
    values.read("RAG_CRAWL_ALLOW_HOSTS", config.crawl_allow_hosts, ',');
    values.read("RAG_CRAWL_USER_AGENT", config.crawl_user_agent);
    values.read("RAG_BROWSER", config.browser);
    const Value* headers = values.find("RAG_CRAWL_HEADERS");
    if (headers == nullptr) {
        return;
    }
    try {
        config.crawl_headers =
            parse_json(headers->text)
                .get<std::map<std::string, std::map<std::string, std::string>>>();
    } catch (const std::exception&) {
        values.refuse("RAG_CRAWL_HEADERS", R"(JSON like {"host": {"Header": "value"}})");
    }
}

void read_sizes(const Values& values, Config& config) {
    values.read("RAG_INDEX_MEMORY", config.index_memory_mb, 0, 1'000'000);
    values.read("RAG_DB_POOL", config.db_pool, 1, 1'000);
    config.db_pooler = values.choose("RAG_DB_POOLER", {"off", "transaction"}, "");
    values.read("RAG_DB_SCHEMA", config.db_schema);
    const bool plain = std::all_of(config.db_schema.begin(), config.db_schema.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!plain || config.db_schema.size() > 63 || (config.db_schema[0] >= '0' &&
                                                   config.db_schema[0] <= '9')) {
        values.refuse("RAG_DB_SCHEMA", "a name of a-z, 0-9 and _ that begins with no digit");
    }
    config.workers = std::max<std::size_t>(4, 2 * std::thread::hardware_concurrency());
    values.read("RAG_WORKERS", config.workers, 1, 1'024);
    values.read("RAG_QUEUE", config.queue, 1, 100'000);
    values.read("RAG_MAX_BODY", config.max_body_mb, 1, body_mb_max);
    values.read("RAG_BODY_BUDGET", config.body_budget_mb, 1, 64 * body_mb_max);
    if (config.body_budget_mb < config.max_body_mb) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("RAG_BODY_BUDGET is {} (MB), but must be at least RAG_MAX_BODY, "
                                "which is {}.",
                                config.body_budget_mb, config.max_body_mb));
    }
    values.read("RAG_TOOLSETS", config.toolsets, ',');
    for (const std::string& set : config.toolsets) {
        if (set != "core" && set != "admin" && set != "connector") {
            values.refuse("RAG_TOOLSETS", "a list of core, admin, connector");
        }
    }
    std::int64_t idle_s = 0;
    values.read("RAG_IDLE_EXIT", idle_s, 0, 1'000'000);
    config.idle_exit = std::chrono::seconds(idle_s);
}

void read_log(const Values& values, const ConfigSources& sources, Config& config) {
    const std::string level = values.choose(
        "RAG_LOG_LEVEL", {"trace", "debug", "info", "warn", "error", "off"}, "info");
    log::parse_level(level, config.log_level);
    const std::string format = values.choose("RAG_LOG_FORMAT", {"text", "json"},
                                             sources.log_to_terminal ? "text" : "json");
    config.log_format = format == "json" ? log::Format::json : log::Format::text;
}

/// What stands where nothing was given.
std::string default_text(std::string_view name, const Config& config) {
    const std::map<std::string_view, std::string> texts{
        {"DATABASE_URL", config.database_url},
        {"RAG_DATA_DIR", config.data_dir},
        {"RAG_EMBEDDING_PROVIDER", config.embedding_provider},
        {"OPENAI_BASE_URL", config.openai_base_url},
        {"RAG_HOST", config.host},
        {"PORT", fmt::format("{}", config.port)},
        {"RAG_AUTH", "none"},
        {"RAG_INDEX_MEMORY", fmt::format("{}", config.index_memory_mb)},
        {"RAG_DB_POOL", fmt::format("{}", config.db_pool)},
        {"RAG_DB_SCHEMA", config.db_schema},
        {"RAG_WORKERS", fmt::format("{}", config.workers)},
        {"RAG_QUEUE", fmt::format("{}", config.queue)},
        {"RAG_MAX_BODY", fmt::format("{}", config.max_body_mb)},
        {"RAG_BODY_BUDGET", fmt::format("{}", config.body_budget_mb)},
        {"RAG_TOOLSETS", fmt::format("{}", fmt::join(config.toolsets, ","))},
        {"RAG_LOG_LEVEL", "info"},
        {"RAG_LOG_FORMAT", config.log_format == log::Format::json ? "json" : "text"},
    };
    const auto found = texts.find(name);
    return found == texts.end() ? std::string() : found->second;
>>>>>>> http
}

}  // namespace

<<<<<<< HEAD
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
=======
LoadedConfig load_config_from(const ConfigSources& sources) {
    const Values values(sources);
    LoadedConfig loaded;
    Config& config = loaded.config;
    read_places(values, sources, config);
    read_embedding(values, config);
    read_network(values, config);
    read_crawl(values, config);
    read_sizes(values, config);
    read_log(values, sources, config);
    for (const Variable& variable : variables) {
        const Value* value = values.find(variable.name);
        ConfigEntry entry;
        entry.variable = variable.name;
        entry.value = mask(value != nullptr ? value->text : default_text(variable.name, config),
                           variable.secrecy);
        entry.origin = value != nullptr ? value->origin : Origin::built_in;
        loaded.entries.push_back(std::move(entry));
    }
    return loaded;
>>>>>>> http
}

}  // namespace rag
