// What stays open between two requests, and what must never go over it.

#include "net/client.hpp"
#include "net/scripted_site.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace rag;
using namespace rag::net;
using namespace std::chrono_literals;
using rag::testing::answer_of;
using rag::testing::ScriptedSite;

namespace {

HttpRequest get(const std::string& url) {
    HttpRequest request;
    request.url = url;
    request.timeout = 10s;
    return request;
}

NetOptions allowing(const ScriptedSite& site) {
    NetOptions options;
    options.allow_hosts = {site.authority()};
    return options;
}

template <class Condition>
bool comes_true(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(5ms);
    }
    return condition();
}

}  // namespace

TEST_CASE("kept connections: requests to one origin go one after the other over one connection") {
    ScriptedSite site([](std::size_t n) { return answer_of("answer " + std::to_string(n)); });
    NetClient client(allowing(site));
    for (int i = 0; i < 3; ++i) {
        CHECK(client.send({}, get(site.url())).body == "answer " + std::to_string(i));
    }
    CHECK(site.connections() == 1);
    CHECK(site.requests()[0].find("Connection:") == std::string::npos);
}

TEST_CASE("kept connections: nobody waits for the body of an answer that has none") {
    ScriptedSite site([](std::size_t n) -> std::string {
        switch (n) {
            case 0: return "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n";
            case 1: return "HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\n\r\n";
            case 2: return "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n";
            case 3: return "HTTP/1.1 204 No Content\r\n\r\n";
            default: return answer_of("whole");
        }
    });
    NetClient client(allowing(site));
    for (const int status : {304, 304, 304, 204, 200}) {
        const HttpResponse response = client.send({}, get(site.url()));
        CHECK(response.status == status);
        CHECK(response.body == (status == 200 ? "whole" : ""));
    }
    CHECK(site.connections() == 1);
}

TEST_CASE("kept connections: what the server closed meanwhile is asked for over a new one") {
    std::size_t lookups = 0;
    // The second request finds a server that closes without a word, the fourth one that said so.
    ScriptedSite site([](std::size_t n) -> std::string {
        if (n == 1) {
            return "";
        }
        return n == 3 ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                      : answer_of("ok");
    });
    NetOptions options;
    const std::string authority =
        "site.example" + site.authority().substr(site.authority().find(':'));
    options.allow_hosts = {authority};
    options.lookup = [&](const std::string&) {
        ++lookups;
        return std::vector{*parse_address("127.0.0.1")};
    };
    NetClient client(options);
    for (int i = 0; i < 4; ++i) {
        CHECK(client.send({}, get("http://" + authority + "/")).body == "ok");
    }
    CHECK(site.requests().size() == 5);
    CHECK(site.connections() == 3);
    CHECK(lookups == 3);
}

TEST_CASE("kept connections: what must not be asked twice goes over a connection of its own") {
    ScriptedSite site([](std::size_t) {
        return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    });
    NetClient client(allowing(site));
    HttpRequest request = get(site.url());
    request.method = "POST";
    client.send({}, request);
    client.send({}, request);
    CHECK(site.connections() == 2);
    CHECK(site.requests()[0].find("Connection: close") != std::string::npos);
}

TEST_CASE("kept connections: what a server writes unasked is nobody's answer") {
    ScriptedSite site([](std::size_t n) {
        return n == 0 ? answer_of("first") + answer_of("smuggled") : answer_of("second");
    });
    NetClient client(allowing(site));
    CHECK(client.send({}, get(site.url())).body == "first");
    CHECK(client.send({}, get(site.url())).body == "second");
    CHECK(site.connections() == 2);
}

TEST_CASE("kept connections: one of the operator's serves nothing that a page names") {
    ScriptedSite site([](std::size_t) { return answer_of("inside"); });
    NetClient client({});
    HttpRequest request = get(site.url());
    request.reach = Reach::anywhere;
    CHECK(client.send({}, request).body == "inside");
    try {
        client.send({}, get(site.url()));
        FAIL("a loopback address was fetched");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::invalid_argument);
    }
    CHECK(site.requests().size() == 1);
}

TEST_CASE("kept connections: one that nobody needs is closed") {
    ScriptedSite site([](std::size_t) { return answer_of("ok"); });
    NetOptions options = allowing(site);
    options.idle_max = 50ms;
    NetClient client(options);
    CHECK(client.send({}, get(site.url())).body == "ok");
    CHECK(comes_true([&] { return site.closed() == 1; }));
    CHECK(client.send({}, get(site.url())).body == "ok");
    CHECK(site.connections() == 2);
}

TEST_CASE("kept connections: a body that was cut off or came too late ends its connection") {
    ScriptedSite site([](std::size_t n) {
        return n == 0 ? answer_of(std::string(200'000, 'x')) : answer_of("next");
    });
    NetClient client(allowing(site));
    HttpRequest request = get(site.url());
    request.body_bytes_max = 1000;
    CHECK(client.send({}, request).truncated);
    CHECK(client.send({}, get(site.url())).body == "next");
    CHECK(site.connections() == 2);
}

TEST_CASE("net client: our user agent names whom to turn to, unless the operator writes another") {
    const auto agent_with = [](const std::string& contact, const std::string& whole) {
        ScriptedSite site([](std::size_t) { return answer_of("ok"); });
        NetOptions options = allowing(site);
        options.contact = contact;
        options.user_agent = whole;
        NetClient client(options);
        client.send({}, get(site.url()));
        const std::string request = site.requests()[0];
        const std::size_t begin = request.find("User-Agent: ") + 12;
        return request.substr(begin, request.find("\r\n", begin) - begin);
    };
    const std::string ours = agent_with("https://example.org/bot", "");
    CHECK(ours.starts_with("rag-memory/"));
    CHECK(ours.ends_with(" (+https://example.org/bot; honours robots.txt)"));
    CHECK(agent_with("", "").ends_with(" (honours robots.txt)"));
    CHECK(agent_with("https://example.org/bot", "mybot/1.0") == "mybot/1.0");
}
