#include "cli/client_config.hpp"

#include "rag/error.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace rag;
using namespace rag::cli;

namespace {

ServerEntry local_entry() {
    ServerEntry entry;
    entry.binary = "/opt/rag";
    return entry;
}

std::string read(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("client config: each client gets the shape that it reads") {
    const Json desktop = make_client_config("claude-desktop", local_entry());
    CHECK(desktop["mcpServers"]["rag-memory"]["command"] == "/opt/rag");
    CHECK(desktop["mcpServers"]["rag-memory"]["args"] == Json({"serve", "--transport", "stdio"}));
    CHECK(make_client_config("claude-code", local_entry())["mcpServers"]["rag-memory"]["type"] ==
          "stdio");
    CHECK(make_client_config("vscode", local_entry())["servers"]["rag-memory"]["type"] == "stdio");
    CHECK_THROWS_AS(make_client_config("emacs", local_entry()), Error);
}

TEST_CASE("client config: a remote server's secret is named, never written") {
    ServerEntry entry;
    entry.url = "https://memory.example/mcp";
    entry.needs_token = true;
    const Json cursor = make_client_config("cursor", entry);
    CHECK(cursor["mcpServers"]["rag-memory"]["url"] == entry.url);
    CHECK(cursor["mcpServers"]["rag-memory"]["headers"]["Authorization"] ==
          "Bearer ${env:RAG_TOKEN}");
    CHECK(make_client_config("vscode", entry)["inputs"][0]["password"] == true);
    CHECK_THROWS_AS(make_client_config("claude-desktop", entry), Error);
}

TEST_CASE("client config: writing keeps what was there, and twice is like once") {
    const test::TempDir dir;
    const std::string path = dir.file("deep/config.json");
    write_client_config(path, make_client_config("claude-desktop", local_entry()));
    std::ofstream(path) << R"({"theme": "dark", "mcpServers": {"other": {"command": "x"}}})";
    const Json config = make_client_config("claude-desktop", local_entry());
    write_client_config(path, config);
    const std::string once = read(path);
    write_client_config(path, config);
    CHECK(read(path) == once);
    const Json written = Json::parse(once);
    CHECK(written["theme"] == "dark");
    CHECK(written["mcpServers"]["other"]["command"] == "x");
    CHECK(written["mcpServers"]["rag-memory"]["command"] == "/opt/rag");
    CHECK(read(path + ".bak") == once);
}

TEST_CASE("client config: a file with comments is left alone") {
    const test::TempDir dir;
    const std::string path = dir.file("mcp.json");
    const std::string text = "{ // mine\n}";
    std::ofstream(path) << text;
    CHECK_THROWS_AS(write_client_config(path, make_client_config("vscode", local_entry())), Error);
    CHECK(read(path) == text);
}
