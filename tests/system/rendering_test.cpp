// A site that is made by scripts alone, taken in by the whole product with a real browser.

#include "browser/remote_chromium.hpp"
#include "support/rag_command.hpp"
#include "support/running_server.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace rag::test;
using nlohmann::json;

namespace {

/// Every page is the same shell; what it says comes from data.
class ScriptedSite {
public:
    ScriptedSite() {
        const auto content = [this](const char* path, const std::string& body, const char* type) {
            server_.Get(path, [body, type](const auto&, auto& response) {
                response.set_content(body, type);
            });
        };
        content("/robots.txt", "User-agent: *\nCrawl-delay: 0\n", "text/plain");
        content("/app.js", R"js(
            fetch('/data' + location.pathname + '.json').then(r => r.json()).then(page => {
                document.title = page.title;
                document.getElementById('root').innerHTML =
                    `<main><h1>${page.title}</h1><p>${page.text}</p>` +
                    page.links.map(l => `<a href="${l}">${l}</a>`).join(' ') + '</main>';
            });)js",
                "text/javascript");
        content("/data/.json",
                R"({"title": "Lighthouses", "text": "The lamp of the old lighthouse was lit with )"
                R"(whale oil until electricity came to the island.", "links": ["/keepers"]})",
                "application/json");
        content("/data/keepers.json",
                R"({"title": "Keepers", "text": "Two keepers took turns at night and wound the )"
                R"(clockwork that turned the lens.", "links": ["/"]})",
                "application/json");
        for (const char* path : {"/", "/keepers"}) {
            content(path,
                    "<!doctype html><html><head><title>App</title></head><body><div id=root></div>"
                    "<script src=/app.js></script></body></html>",
                    "text/html");
        }
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::jthread([this] { server_.listen_after_bind(); });
    }
    ~ScriptedSite() { server_.stop(); }
    ScriptedSite(const ScriptedSite&) = delete;
    ScriptedSite& operator=(const ScriptedSite&) = delete;

    std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    httplib::Server server_;
    int port_ = 0;
    std::jthread thread_;
};

json ingest(McpClient& client, const ScriptedSite& site, const std::string& collection,
            const char* render) {
    call_tool(client, "create_collection", {{"name", collection}, {"description", "Pages"}});
    return call_tool(client, "ingest_url",
                     {{"url", "http://" + site.authority() + "/"},
                      {"collection_name", collection},
                      {"follow_links", true},
                      {"render", render}});
}

/// The whole of it, with the browser that the setting names.
void crawl_by(const std::string& setting) {
    INFO(setting);
    ScriptedSite site;
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(memory, Transport::streamable_http,
                         {{"RAG_CRAWL_ALLOW_HOSTS", site.authority()}, {"RAG_BROWSER", setting}});
    const auto client = server.connect(Wire::legacy);
    const json result = ingest(*client, site, "site", "auto");
    INFO(result.dump());
    const json& report = result.at("structuredContent");
    CHECK(report.at("pages_ingested") == 2);
    CHECK(report.at("pages_rendered") == 2);
    CHECK_FALSE(report.contains("notes"));
    const json hits = call_tool(*client, "search_documents",
                                {{"query", "who wound the clockwork of the lens"},
                                 {"collection_name", "site"},
                                 {"include_metadata", true}})
                          .at("structuredContent")
                          .at("result");
    REQUIRE(!hits.empty());
    CHECK(hits.at(0).at("content").get<std::string>().find("Two keepers took turns") !=
          std::string::npos);
    CHECK(hits.at(0).at("source_filename") == json("Keepers"));
}

}  // namespace

TEST_CASE("a site that is made by scripts is crawled with render auto, and search finds its text") {
    crawl_by("");
}

TEST_CASE("the same by a browser that runs elsewhere, named by its WebSocket or by its port") {
    crawl_by(remote_chromium().websocket());
    crawl_by(remote_chromium().web());
}

TEST_CASE("doctor tries a browser elsewhere, and nothing shows what opens it") {
    const std::string websocket = remote_chromium().websocket();
    const std::string secret = websocket.substr(websocket.rfind('/') + 1);
    const auto run = [&](const std::string& setting, const std::vector<std::string>& arguments) {
        const TestMemory memory(StoreKind::sqlite);
        std::map<std::string, std::string> environment = memory.environment();
        environment["RAG_BROWSER"] = setting;
        environment["RAG_LOG_LEVEL"] = "trace";
        Ended ended = run_rag(arguments, environment);
        INFO(ended.output << ended.errors);
        CHECK((ended.output + ended.errors).find(secret) == std::string::npos);
        return ended;
    };
    const Ended good = run(websocket + "?token=" + secret, {"doctor"});
    INFO(good.output << good.errors);
    CHECK(good.output.find("ok   browser") != std::string::npos);
    CHECK(good.output.find("Chrome/") != std::string::npos);
    const Ended lost = run("ws://127.0.0.1:1/?token=" + secret, {"doctor"});
    INFO(lost.output << lost.errors);
    CHECK(lost.status == 1);
    CHECK(lost.output.find("BAD  browser") != std::string::npos);
    CHECK(lost.output.find("ws://127.0.0.1:1 cannot be reached") != std::string::npos);
    const Ended shown = run("ws://127.0.0.1:1/?token=" + secret, {"config", "show"});
    CHECK(shown.output.find("ws://127.0.0.1:1/********") != std::string::npos);
    const Ended refused = run("wss://" + secret + ":x/", {"doctor"});
    CHECK(refused.status != 0);
    CHECK((refused.output + refused.errors).find("ws://HOST:PORT/PATH") != std::string::npos);
}

TEST_CASE(
    "without a browser auto says in a note what is missing, always is refused with the way out") {
    ScriptedSite site;
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(memory, Transport::streamable_http,
                         {{"RAG_CRAWL_ALLOW_HOSTS", site.authority()}, {"RAG_BROWSER", "off"}});
    const auto client = server.connect(Wire::legacy);
    const json result = ingest(*client, site, "auto", "auto");
    INFO(result.dump());
    const json& report = result.at("structuredContent");
    CHECK(report.at("pages_unrendered") == 1);
    CHECK(report.at("notes").get<std::string>().find("RAG_BROWSER") != std::string::npos);
    const json refused = ingest(*client, site, "always", "always");
    CHECK(refused.at("isError") == true);
    const std::string sentence = refused.at("content").at(0).at("text").get<std::string>();
    INFO(sentence);
    CHECK(sentence.find("render 'always' needs a browser") != std::string::npos);
    CHECK(sentence.find("'off'") != std::string::npos);
}
