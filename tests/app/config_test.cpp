<<<<<<< HEAD
#include "config.hpp"

=======
>>>>>>> http
#include "config_sources.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

<<<<<<< HEAD
#include <algorithm>

using namespace rag;

namespace {

ConfigSources make_sources() {
    ConfigSources sources;
    sources.working_dir = "/work/dir";
    sources.home_dir = "/home/ann";
    return sources;
}

ConfigEntry entry_of(const LoadedConfig& loaded, const std::string& variable) {
    const auto found = std::find_if(loaded.entries.begin(), loaded.entries.end(),
                                    [&](const auto& entry) { return entry.variable == variable; });
    REQUIRE(found != loaded.entries.end());
    return *found;
}

std::string complaint(const std::string& variable, const std::string& value) {
    ConfigSources sources = make_sources();
    sources.environment[variable] = value;
    try {
        load_config(sources);
    } catch (const Error& error) {
        return error.message();
    }
    return "";
=======
namespace rag {
namespace {

ConfigSources at_home() {
    ConfigSources sources;
    sources.environment["HOME"] = "/home/ann";
    sources.working_dir = "/work dir";
    return sources;
}

Config load(const std::map<std::string, std::string>& environment) {
    ConfigSources sources = at_home();
    sources.environment.insert(environment.begin(), environment.end());
    return load_config_from(sources).config;
}

std::string refusal_of(const std::map<std::string, std::string>& environment) {
    try {
        load(environment);
    } catch (const Error& error) {
        return error.message();
    }
    return {};
}

const ConfigEntry& entry_of(const LoadedConfig& loaded, const std::string& name) {
    for (const ConfigEntry& entry : loaded.entries) {
        if (entry.variable == name) {
            return entry;
        }
    }
    throw Error(ErrorCode::not_found, name);
>>>>>>> http
}

}  // namespace

<<<<<<< HEAD
TEST_CASE("config: with nothing configured everything has a default") {
    const Config config = load_config(make_sources()).config;
    CHECK(config.database_url == "sqlite:////home/ann/.local/share/rag-memory/memory.db");
    CHECK(config.host == "127.0.0.1");
    CHECK(config.port == 8000);
    CHECK(config.auth == AuthMode::none);
    CHECK_FALSE(config.auth_given);
    CHECK_FALSE(config.allowed_roots.has_value());
    CHECK_FALSE(config.rate_limit.has_value());
    CHECK(config.workers >= 4);
}

TEST_CASE("config: command line before environment before ./.env before the user's file") {
    ConfigSources sources = make_sources();
    const auto host = [&] {
        const LoadedConfig loaded = load_config(sources);
        return std::pair{loaded.config.host, entry_of(loaded, "RAG_HOST").origin};
    };
    CHECK(host().second == Origin::built_in);
    sources.user_file["RAG_HOST"] = "a";
    CHECK(host() == std::pair<std::string, Origin>{"a", Origin::user_file});
    sources.local_file["RAG_HOST"] = "b";
    CHECK(host() == std::pair<std::string, Origin>{"b", Origin::local_file});
    sources.environment["RAG_HOST"] = "c";
    CHECK(host() == std::pair<std::string, Origin>{"c", Origin::environment});
    sources.command_line["RAG_HOST"] = "d";
    CHECK(host() == std::pair<std::string, Origin>{"d", Origin::command_line});
    sources.command_line["RAG_HOST"] = "";
    CHECK(host() == std::pair<std::string, Origin>{"127.0.0.1", Origin::built_in});
}

TEST_CASE("config: paths become absolute") {
    ConfigSources sources = make_sources();
    sources.environment["XDG_DATA_HOME"] = "/data";
    CHECK(load_config(sources).config.data_dir == "/data/rag-memory");
    sources.environment["RAG_DATA_DIR"] = "mem";
    CHECK(load_config(sources).config.data_dir == "/work/dir/mem");
    sources.environment["RAG_DATA_DIR"] = "~/mem";
    CHECK(load_config(sources).config.data_dir == "/home/ann/mem");
    sources.environment["RAG_ALLOWED_ROOTS"] = "/srv/docs:notes:~/x";
    CHECK(*load_config(sources).config.allowed_roots ==
          std::vector<std::string>{"/srv/docs", "/work/dir/notes", "/home/ann/x"});
    sources.environment["DATABASE_URL"] = "sqlite:///rel.db";
    CHECK(load_config(sources).config.database_url == "sqlite:////work/dir/rel.db");
    sources.environment["DATABASE_URL"] = "sqlite:////abs.db";
    CHECK(load_config(sources).config.database_url == "sqlite:////abs.db");
}

TEST_CASE("config: secrets are masked where values are shown") {
    ConfigSources sources = make_sources();
    sources.environment = {{"DATABASE_URL", "postgresql://ann:hush@db.example:5432/m?x=1"},
                           {"OPENAI_API_KEY", "sk-hush"},
                           {"RAG_TOKENS", "ann:writer:hush"},
                           {"RAG_SECRET", "hush"}};
    const LoadedConfig loaded = load_config(sources);
    CHECK(loaded.config.openai_api_key == "sk-hush");
    for (const ConfigEntry& entry : loaded.entries) {
        CHECK(entry.value.find("hush") == std::string::npos);
    }
    CHECK(entry_of(loaded, "DATABASE_URL").value ==
          "postgresql://ann:********@db.example:5432/m?x=1");
    CHECK(mask_password("postgresql:///m?user=ann&password=hush&sslmode=require") ==
          "postgresql:///m?user=ann&password=********&sslmode=require");
}

TEST_CASE("config: what cannot be meant is named with where it came from and what it may be") {
    CHECK(complaint("PORT", "90000").find("PORT is '90000' (from the environment)") == 0);
    CHECK(complaint("PORT", "80a").find("0 to 65535") != std::string::npos);
    CHECK(complaint("RAG_AUTH", "maybe").find("none, token, oauth") != std::string::npos);
    CHECK(complaint("DATABASE_URL", "mysql://u:hush@h/d").find("hush") == std::string::npos);
    CHECK(complaint("DATABASE_URL", "mysql://u:hush@h/d").find("postgresql://") !=
          std::string::npos);
    CHECK(complaint("RAG_DB_SCHEMA", "a\"; drop").find("RAG_DB_SCHEMA") == 0);
    CHECK(complaint("RAG_LOG_LEVEL", "loud").find("trace") != std::string::npos);
    CHECK(complaint("RAG_TOOLSETS", "core,magic").find("magic") != std::string::npos);
    CHECK(complaint("RAG_CRAWL_HEADERS", "hush").find("hush") == std::string::npos);
    CHECK_FALSE(complaint("RAG_CRAWL_HEADERS", "hush").empty());
}

TEST_CASE("config: .env files as people write them") {
    const auto variables = parse_env_file(
        "# comment\n\nA=1\nexport B = two words # note\nC='a # b'\nD=\"x\\ny\\\"\" # q\nE=\n", "f");
    CHECK(variables.at("A") == "1");
    CHECK(variables.at("B") == "two words");
    CHECK(variables.at("C") == "a # b");
    CHECK(variables.at("D") == "x\ny\"");
    CHECK(variables.at("E").empty());
    CHECK_THROWS_AS(parse_env_file("A=1\nnonsense\n", "f"), Error);
    CHECK_THROWS_AS(parse_env_file("A='open\n", "f"), Error);
}
=======
TEST_CASE("config: with nothing given everything is under the home") {
    const Config config = load({});
    CHECK(config.data_dir == "/home/ann/.local/share/rag-memory");
    CHECK(config.database_url == "sqlite:////home/ann/.local/share/rag-memory/memory.db");
    CHECK(config.host == "127.0.0.1");
    CHECK(config.port == 8000);
    CHECK(config.workers >= 4);
    CHECK_FALSE(config.auth_given);
    CHECK_FALSE(config.allowed_roots);
    CHECK_FALSE(config.rate_limit);
    CHECK(load({{"XDG_DATA_HOME", "/data"}}).data_dir == "/data/rag-memory");
    CHECK(load({{"XDG_DATA_HOME", "relative"}}).data_dir == config.data_dir);
}

TEST_CASE("config: command line before environment before ./.env before the user's file") {
    ConfigSources sources = at_home();
    sources.user_file = "PORT=1\nRAG_HOST=a\nRAG_DB_POOL=7\nRAG_QUEUE=9\n";
    sources.local_file = "PORT=2\nRAG_HOST=b\nRAG_DB_POOL=8\n";
    sources.environment["PORT"] = "3";
    sources.environment["RAG_HOST"] = "c";
    sources.command_line["PORT"] = "4";
    const LoadedConfig loaded = load_config_from(sources);
    CHECK(loaded.config.port == 4);
    CHECK(loaded.config.host == "c");
    CHECK(loaded.config.db_pool == 8);
    CHECK(loaded.config.queue == 9);
    CHECK(entry_of(loaded, "PORT").origin == Origin::command_line);
    CHECK(entry_of(loaded, "RAG_HOST").origin == Origin::environment);
    CHECK(entry_of(loaded, "RAG_DB_POOL").origin == Origin::local_file);
    CHECK(entry_of(loaded, "RAG_QUEUE").origin == Origin::user_file);
    CHECK(entry_of(loaded, "RAG_WORKERS").origin == Origin::built_in);
}

TEST_CASE("config: an empty value takes back what a weaker source said") {
    ConfigSources sources = at_home();
    sources.local_file = "RAG_PUBLIC_URL=https://a.example\n";
    sources.environment["RAG_PUBLIC_URL"] = "";
    CHECK(load_config_from(sources).config.public_url.empty());
}

TEST_CASE("config: paths are made absolute from the working folder") {
    const Config config = load({{"DATABASE_URL", "sqlite:///sub/../m.db"},
                                {"RAG_ALLOWED_ROOTS", "docs:/abs:~/notes"}});
    CHECK(config.database_url == "sqlite:////work dir/m.db");
    REQUIRE(config.allowed_roots);
    CHECK(*config.allowed_roots ==
          std::vector<std::string>{"/work dir/docs", "/abs", "/home/ann/notes"});
    CHECK(load({{"DATABASE_URL", "sqlite:////x/m.db"}}).database_url == "sqlite:////x/m.db");
    CHECK(load({{"DATABASE_URL", "postgres://h/d"}}).database_url == "postgres://h/d");
}

TEST_CASE("config: lists, numbers and modes are read") {
    const Config config = load({{"RAG_ALLOWED_HOSTS", "a, b:1 ,"},
                                {"RAG_AUTH", "oauth"},
                                {"RAG_RATE_LIMIT", "0"},
                                {"RAG_IDLE_EXIT", "30"},
                                {"RAG_TOOLSETS", "core,admin"},
                                {"RAG_LOG_FORMAT", "json"},
                                {"RAG_CRAWL_HEADERS", R"({"h":{"Cookie":"c"}})"}});
    CHECK(config.allowed_hosts == std::vector<std::string>{"a", "b:1"});
    CHECK(config.auth == AuthMode::oauth);
    CHECK(config.auth_given);
    CHECK(config.rate_limit == 0);
    CHECK(config.idle_exit == std::chrono::seconds(30));
    CHECK(config.toolsets == std::vector<std::string>{"core", "admin"});
    CHECK(config.log_format == log::Format::json);
    CHECK(config.crawl_headers.at("h").at("Cookie") == "c");
}

TEST_CASE("config: a value that cannot be meant is refused with its name, place and choices") {
    const std::map<std::string, std::string> bad{
        {"PORT", "65536"},          {"RAG_QUEUE", "many"},      {"RAG_WORKERS", "-1"},
        {"RAG_AUTH", "basic"},      {"DATABASE_URL", "mysql://x"}, {"RAG_LOG_LEVEL", "loud"},
        {"RAG_PUBLIC_URL", "host"}, {"RAG_DB_POOLER", "on"},    {"RAG_DB_SCHEMA", "a;b"},
        {"RAG_TOOLSETS", "all"},    {"RAG_CRAWL_HEADERS", "x"}, {"RAG_ALLOWED_ORIGINS", "a"},
        {"RAG_MAX_BODY", "65"},     {"RAG_EMBEDDING_PROVIDER", "magic"}};
    for (const auto& [name, value] : bad) {
        CAPTURE(name);
        CHECK(refusal_of({{name, value}}).find(name) != std::string::npos);
    }
    CHECK(refusal_of({{"PORT", "x"}}) ==
          "PORT is 'x' (from the environment), but must be a whole number from 0 to 65535.");
}

TEST_CASE("config: secrets are masked wherever they are shown") {
    ConfigSources sources = at_home();
    sources.environment.insert({{"DATABASE_URL", "postgresql://u:hush@h/d"},
                                {"OPENAI_API_KEY", "hush"},
                                {"RAG_TOKENS", "ann:admin:hush,bob:reader:c:hush"},
                                {"RAG_SECRET", "hush"}});
    const LoadedConfig loaded = load_config_from(sources);
    for (const ConfigEntry& entry : loaded.entries) {
        CHECK(entry.value.find("hush") == std::string::npos);
    }
    CHECK(entry_of(loaded, "DATABASE_URL").value == "postgresql://u:***@h/d");
    CHECK(entry_of(loaded, "RAG_TOKENS").value == "ann:admin:***,bob:reader:c:***");
    CHECK(refusal_of({{"DATABASE_URL", "mysql://u:hush@h/d"}}).find("hush") == std::string::npos);
}

TEST_CASE("env file: quotes, export, comments") {
    const auto values = parse_env_file("# head\nexport A=1\n B = two words # tail\r\nC='x # \\n'\n"
                                       "D=\"a\\\"b\\n\" # tail\nE=p#q\nF=\n\n",
                                       "./.env");
    CHECK(values.at("A") == "1");
    CHECK(values.at("B") == "two words");
    CHECK(values.at("C") == "x # \\n");
    CHECK(values.at("D") == "a\"b\n");
    CHECK(values.at("E") == "p#q");
    CHECK(values.at("F").empty());
    for (const char* bad : {"A", "1A=x", "A='x", "A=\"x\" y", "A B=1"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(parse_env_file(bad, "./.env"), Error);
    }
}

}  // namespace rag
>>>>>>> http
