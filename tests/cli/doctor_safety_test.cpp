#include "cli/findings.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

using namespace rag;

namespace {

/// What is found about a configuration whose files are nobody else's, beside who runs this test.
struct Examined {
    test::TempDir dir;
    Config config;

    Examined() {
        config.database_url = "sqlite:///" + dir.file("memory.db");
        config.data_dir = dir.path().string();
        config.working_dir = dir.path().string();
        config.home_dir = dir.path().string();
    }

    std::string sentences() const {
        cli::Findings findings;
        cli::examine_safety(config, findings);
        std::string all;
        for (const cli::Finding& finding : findings) {
            all += finding.subject == "process" ? "" : finding.sentence + '\n';
        }
        return all;
    }
    bool says(const std::string& word) const { return sentences().find(word) != std::string::npos; }
};

}  // namespace

TEST_CASE("doctor: what is closed is passed over in silence") {
    Examined examined;
    examined.config.host = "0.0.0.0";
    examined.config.public_url = "https://memory.example.org";
    examined.config.tokens = "me:writer:0123456789abcdef0123456789abcdef";
    examined.config.rate_limit = 600;
    CHECK(examined.sentences() == "");
}

TEST_CASE("doctor: a secret that can be guessed is named by its owner, not shown") {
    Examined examined;
    examined.config.tokens = "a:reader:0123456789abcdef0123456789,bob:admin:x+y:hunter2";
    CHECK(examined.says("'bob'"));
    CHECK(!examined.says("'a'"));
    CHECK(!examined.says("hunter2"));
}

TEST_CASE("doctor: ways that can be listened to are named") {
    Examined examined;
    examined.config.host = "0.0.0.0";
    examined.config.public_url = "http://memory.example.org";
    CHECK(examined.says("RAG_PUBLIC_URL is not https"));
    examined.config.database_url = "postgresql://u:pass@db.example.org/rag";
    CHECK(examined.says("does not insist on TLS"));
    CHECK(!examined.says("pass@"));
    examined.config.database_url += "?sslmode=verify-full";
    CHECK(!examined.says("does not insist on TLS"));
    examined.config.database_url = "postgresql://u@127.0.0.1:5432/rag";
    CHECK(!examined.says("does not insist on TLS"));
}

TEST_CASE("doctor: what a browser elsewhere could do, and who may listen to it, is named") {
    Examined examined;
    examined.config.browser = "/usr/bin/chromium";
    CHECK(examined.sentences() == "");
    examined.config.browser = "ws://127.0.0.1:9222/devtools/browser/secret";
    CHECK(examined.says("was not started here"));
    CHECK(!examined.says("without TLS"));
    examined.config.browser = "ws://u:secret@browser.example:9222/?token=secret";
    CHECK(examined.says("without TLS"));
    CHECK(!examined.says("secret"));
    examined.config.browser = "wss://browser.example/?token=secret";
    CHECK(!examined.says("without TLS"));
}

TEST_CASE("doctor: files that others can read, and reach that is too wide, are named") {
    Examined examined;
    std::ofstream(examined.dir.file(".env")) << "RAG_TOKENS=x\n";
    REQUIRE(chmod(examined.dir.file(".env").c_str(), 0644) == 0);
    CHECK(examined.says(".env' holds configuration and is open"));
    REQUIRE(chmod(examined.dir.file(".env").c_str(), 0600) == 0);
    CHECK(!examined.says("is open"));
    REQUIRE(chmod(examined.dir.path().c_str(), 0755) == 0);
    CHECK(examined.says("holds the memory and is open"));
    examined.config.allowed_roots = {"/srv/docs", "/home/"};
    CHECK(examined.says("everything below '/home/'"));
    CHECK(!examined.says("/srv/docs"));
    examined.config.crawl_allow_hosts = {"wiki.internal", "10.0.0.7:8080"};
    CHECK(examined.says("wiki.internal, 10.0.0.7:8080"));
}
