// Limits by principal: who is beyond one is told when to come back, and nobody else notices.

#include "support/http_calls.hpp"
#include "support/running_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>

using namespace rag::test;
using nlohmann::json;

namespace {

const std::string ann = "ann-0123456789abcdef";
const std::string bob = "bob-0123456789abcdef";

std::map<std::string, std::string> with_tokens(std::map<std::string, std::string> more) {
    more["RAG_AUTH"] = "token";
    more["RAG_TOKENS"] = "ann:writer:" + ann + ",bob:writer:" + bob;
    return more;
}

std::string sentence_of(const HttpAnswer& answer) {
    return answer.body["result"]["content"][0]["text"].get<std::string>();
}

/// A page on loopback that is not answered before `finish()`.
class SlowPage {
public:
    SlowPage() {
        server_.Get("/page", [this](const httplib::Request&, httplib::Response& response) {
            ++asked_;
            door_.wait();
            response.set_content("<p>The page.</p>", "text/html");
        });
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) {
            std::this_thread::yield();
        }
    }
    ~SlowPage() {
        finish();
        server_.stop();
        thread_.join();
    }
    SlowPage(const SlowPage&) = delete;
    SlowPage& operator=(const SlowPage&) = delete;

    std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
    std::string url() const { return "http://" + host() + "/page"; }
    bool is_asked() const { return asked_ > 0; }
    void finish() {
        if (!finished_.exchange(true)) {
            door_.count_down();
        }
    }

private:
    httplib::Server server_;
    std::latch door_{1};
    std::atomic<int> asked_{0};
    std::atomic<bool> finished_{false};
    int port_ = 0;
    std::thread thread_;
};

}  // namespace

TEST_CASE("caller limits: too many messages in a minute are 429 with the time to wait") {
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(memory, Transport::streamable_http,
                         with_tokens({{"RAG_RATE_LIMIT", "5"}}));
    HttpAnswer answer;
    for (int i = 0; i < 6; ++i) {
        answer = post_modern(server.address(), ann, "tools/list");
    }
    CHECK(answer.status == 429);
    CHECK(std::stoi(answer.retry_after) >= 1);
    CHECK(std::stoi(answer.retry_after) <= 60);
    CHECK(post_modern(server.address(), bob, "tools/list").status == 200);
}

TEST_CASE("caller limits: too many crawls within an hour are refused with a sentence") {
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(memory, Transport::streamable_http,
                         with_tokens({{"RAG_CRAWL_STARTS", "2"}}));
    call_modern(server.address(), ann, "create_collection", {{"name", "c"}, {"description", "d"}});
    const auto crawl = [&](const std::string& token, int number) {
        return sentence_of(call_modern(
            server.address(), token, "ingest_url",
            {{"url", "http://10.0.0.1/" + std::to_string(number)}, {"collection_name", "c"}}));
    };
    // Where they lead to is refused as well, but they were started.
    CHECK(crawl(ann, 1).find("RAG_CRAWL_STARTS") == std::string::npos);
    CHECK(crawl(ann, 2).find("RAG_CRAWL_STARTS") == std::string::npos);
    CHECK(crawl(ann, 3).find("try again in 60 minutes") != std::string::npos);
    CHECK(crawl(bob, 4).find("RAG_CRAWL_STARTS") == std::string::npos);
}

TEST_CASE("caller limits: one principal's running calls leave room for the others'") {
    SlowPage page;
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(
        memory, Transport::streamable_http,
        with_tokens({{"RAG_CONCURRENT_CALLS", "1"}, {"RAG_CRAWL_ALLOW_HOSTS", page.host()}}));
    const std::string& address = server.address();
    const json collection = {{"name", "c"}, {"description", "d"}};
    CHECK(call_modern(address, ann, "create_collection", collection).status == 200);
    HttpAnswer slow;
    std::thread running([&] {
        slow = call_modern(address, ann, "analyze_website",
                           {{"base_url", page.url()}, {"timeout", 60}});
    });
    // A call that came before the slow one is at its place would take that place.
    for (int i = 0; i < 400 && !page.is_asked(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    CHECK(page.is_asked());
    const HttpAnswer refused = call_modern(address, ann, "list_collections");
    CHECK(refused.status == 429);
    CHECK(refused.retry_after == "1");
    CHECK(call_modern(address, bob, "list_collections").status == 200);
    page.finish();
    running.join();
    CHECK(slow.status == 200);
    CHECK(call_modern(address, ann, "list_collections").status == 200);
}
