#include "config.hpp"

#include "config_sources.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace rag;

namespace {

ConfigSources make_sources() {
    ConfigSources sources;
    sources.working_dir = "/srv/dir";
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
}

}  // namespace

TEST_CASE("config: with nothing configured everything has a default") {
    const Config config = load_config(make_sources()).config;
    CHECK(config.database_url == "sqlite:////home/ann/.local/share/rag-memory/memory.db");
    CHECK(config.host == "127.0.0.1");
    CHECK(config.port == 8000);
    CHECK(config.auth == AuthMode::none);
    CHECK_FALSE(config.auth_given);
    CHECK_FALSE(config.allowed_roots.has_value());
    CHECK(config.rate_limit == 0);
    CHECK(config.concurrent_calls == 0);
    CHECK(config.crawl_starts == 0);
    CHECK(config.stream_idle == std::chrono::seconds(0));
    CHECK(config.workers >= 4);
}

TEST_CASE("config: where others can call, every caller has limits unless they are switched off") {
    ConfigSources sources = make_sources();
    sources.environment = {{"RAG_AUTH", "token"}};
    CHECK(load_config(sources).config.rate_limit == 600);
    CHECK(load_config(sources).config.concurrent_calls == 64);
    CHECK(load_config(sources).config.crawl_starts == 60);
    sources.environment = {{"RAG_HOST", "0.0.0.0"}, {"RAG_AUTH", "none"}};
    CHECK(load_config(sources).config.rate_limit == 600);
    sources.environment["RAG_RATE_LIMIT"] = "0";
    sources.environment["RAG_STREAM_IDLE"] = "300";
    const LoadedConfig loaded = load_config(sources);
    CHECK(loaded.config.rate_limit == 0);
    CHECK(loaded.config.stream_idle == std::chrono::minutes(5));
    CHECK(entry_of(loaded, "RAG_CONCURRENT_CALLS").value == "64");
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
    CHECK(load_config(sources).config.data_dir == "/srv/dir/mem");
    sources.environment["RAG_DATA_DIR"] = "~/mem";
    CHECK(load_config(sources).config.data_dir == "/home/ann/mem");
    sources.environment["RAG_ALLOWED_ROOTS"] = "/srv/docs:notes:~/x";
    CHECK(*load_config(sources).config.allowed_roots ==
          std::vector<std::string>{"/srv/docs", "/srv/dir/notes", "/home/ann/x"});
    sources.environment["DATABASE_URL"] = "sqlite:///rel.db";
    CHECK(load_config(sources).config.database_url == "sqlite:////srv/dir/rel.db");
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
    CHECK(complaint("RAG_CRAWL_CONTACT", "me (at home)").find("a mail address") !=
          std::string::npos);
    CHECK(complaint("RAG_CRAWL_FETCHES", "0").find("1 to 32") != std::string::npos);
}

TEST_CASE(
    "config: sites are told whom to turn to: as written, else where clients find the server") {
    ConfigSources sources = make_sources();
    CHECK(load_config(sources).config.crawl_contact.empty());
    sources.environment = {{"RAG_PUBLIC_URL", "https://memory.example.org"}};
    CHECK(load_config(sources).config.crawl_contact == "https://memory.example.org");
    sources.environment["RAG_CRAWL_CONTACT"] = "bot@example.org";
    CHECK(load_config(sources).config.crawl_contact == "bot@example.org");
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

TEST_CASE("config: a browser is one of this machine, found on PATH unless it is named") {
    ConfigSources sources = make_sources();
    sources.environment = {{"PATH", "/a:/b"}};
    CHECK(load_config(sources).config.browser == "");
    CHECK(load_config(sources).config.search_path == "/a:/b");
    CHECK(load_config(sources).config.browser_sandbox);
    sources.environment = {{"RAG_BROWSER", "/opt/chrome"}, {"RAG_BROWSER_SANDBOX", "off"}};
    CHECK(load_config(sources).config.browser == "/opt/chrome");
    CHECK_FALSE(load_config(sources).config.browser_sandbox);
    CHECK_FALSE(complaint("RAG_BROWSER_SANDBOX", "maybe").empty());
}

TEST_CASE("config: a browser elsewhere is taken as written, and shown without what opens it") {
    const auto shown = [](const std::string& written) {
        ConfigSources sources = make_sources();
        sources.environment = {{"RAG_BROWSER", written}};
        const LoadedConfig loaded = load_config(sources);
        CHECK(loaded.config.browser == written);
        return entry_of(loaded, "RAG_BROWSER").value;
    };
    CHECK(shown("http://127.0.0.1:9222") == "http://127.0.0.1:9222");
    CHECK(shown("ws://127.0.0.1:9222/devtools/browser/secret") == "ws://127.0.0.1:9222/********");
    CHECK(shown("wss://browser.example/?token=secret") == "wss://browser.example/********");
    CHECK(shown("wss://u:secret@browser.example:9222") == "wss://browser.example:9222/********");
    for (const char* wrong :
         {"ftp://u:secret@elsewhere:9222/x", "ws:///secret", "ws://elsewhere:0x50/secret"}) {
        const std::string refusal = complaint("RAG_BROWSER", wrong);
        INFO(refusal);
        CHECK(refusal.find("ws://HOST:PORT") != std::string::npos);
        CHECK(refusal.find("secret") == std::string::npos);
    }
}

TEST_CASE("config: a price is a number of dollars, and not known when it is not given") {
    CHECK_FALSE(load_config(make_sources()).config.embedding_price);
    ConfigSources sources = make_sources();
    sources.environment["RAG_EMBEDDING_PRICE"] = "0.02";
    CHECK(load_config(sources).config.embedding_price == 0.02);
    for (const char* wrong : {"-1", "$2", "0.02 dollars", "nan", "1e9"}) {
        CHECK(complaint("RAG_EMBEDDING_PRICE", wrong).find("such as 0.02") != std::string::npos);
    }
}
