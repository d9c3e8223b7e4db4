// A crawl by real processes that are killed again and again: what a site's log shows of it.

#include "support/running_server.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <csignal>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

using namespace rag::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr int pages = 60;

/// A start page that leads to all others. Counts who is asked for how often, and answers slowly
/// enough to be interrupted.
class LoggedSite {
public:
    explicit LoggedSite(std::string robots) : robots_(std::move(robots)) {
        server_.Get(".*",
                    [this](const auto& request, auto& response) { answer(request, response); });
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::jthread([this] { server_.listen_after_bind(); });
    }
    ~LoggedSite() { server_.stop(); }
    LoggedSite(const LoggedSite&) = delete;
    LoggedSite& operator=(const LoggedSite&) = delete;

    std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
    std::map<std::string, int> asked() {
        const std::scoped_lock lock(mutex_);
        return asked_;
    }

private:
    void answer(const httplib::Request& request, httplib::Response& response) {
        if (request.path == "/robots.txt") {
            response.set_content(robots_, "text/plain");
            return;
        }
        {
            const std::scoped_lock lock(mutex_);
            ++asked_[request.path];
        }
        std::string body = "<html><head><title>T" + request.path +
                           "</title></head><body><main><p>"
                           "These are words of the page " +
                           request.path + ".</p>";
        for (int i = 1; request.path == "/" && i < pages; ++i) {
            body += "<a href=\"/" + std::to_string(i) + "\">" + std::to_string(i) + "</a> ";
        }
        response.set_content(body + "</main></body></html>", "text/html");
    }

    const std::string robots_;
    std::mutex mutex_;
    std::map<std::string, int> asked_;
    httplib::Server server_;
    int port_ = 0;
    std::jthread thread_;
};

json crawl_arguments(const LoggedSite& site) {
    return {{"url", "http://" + site.authority() + "/"},
            {"collection_name", "c"},
            {"follow_links", true},
            {"max_pages", 100}};
}

std::map<std::string, std::string> environment_of(const LoggedSite& site) {
    return {{"RAG_CRAWL_ALLOW_HOSTS", site.authority()}, {"RAG_CRAWL_DELAY", "10"}};
}

/// Starts a server that crawls and kills it after the time.
void crawl_and_kill(const TestMemory& memory, const LoggedSite& site,
                    std::chrono::milliseconds after) {
    RunningServer server(memory, Transport::streamable_http, environment_of(site));
    const auto client = server.connect(Wire::legacy);
    call_tool(*client, "create_collection", {{"name", "c"}, {"description", "Pages"}});
    const std::jthread killer([&] {
        std::this_thread::sleep_for(after);
        server.process().signal(SIGKILL);
    });
    CHECK_THROWS(call_tool(*client, "ingest_url", crawl_arguments(site)));
}

/// How many pages a crawl that is killed and taken up again asks for a second time.
int pages_repeated(LoggedSite& site) {
    const TestMemory memory(StoreKind::sqlite);
    crawl_and_kill(memory, site, 500ms);
    const std::size_t before = site.asked().size();
    CHECK(before > 1);
    CHECK(before < pages);
    // The dead process holds the job for half a minute more.
    RunningServer server(memory, Transport::streamable_http, environment_of(site));
    const auto client = server.connect(Wire::legacy);
    const json result = call_tool(*client, "ingest_url", crawl_arguments(site));
    INFO(result.dump());
    CHECK(result.at("structuredContent").at("pages_crawled") == pages);
    CHECK(result.at("structuredContent").at("pages_ingested") == pages);
    const json info = call_tool(*client, "get_collection_info", {{"collection_name", "c"}});
    CHECK(info.at("structuredContent").at("document_count") == pages);
    CHECK(site.asked().size() == pages);
    int repeated = 0;
    for (const auto& [path, times] : site.asked()) {
        repeated += times - 1;
    }
    return repeated;
}

}  // namespace

TEST_CASE("a crawl that is killed goes on where it was and asks for no page that it has") {
    LoggedSite site("User-agent: *\nCrawl-delay: 0.01\n");
    // The one page that was on its way when the process died.
    CHECK(pages_repeated(site) <= 1);
}

TEST_CASE("a crawl that is killed loses no more pages than it asks a host for at once") {
    LoggedSite site("User-agent: *\nDisallow:\n");
    CHECK(pages_repeated(site) <= 2);
}
