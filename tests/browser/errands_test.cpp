// What a page in a browser elsewhere asks for, fetched here.

#include "browser/errands.hpp"

#include "base/encoding.hpp"
#include "browser/forbidden.hpp"
#include "browser/site.hpp"
#include "net/client.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <optional>

using namespace rag;
using namespace rag::browser;
using namespace std::chrono_literals;
using rag::test::ForbiddenPort;
using rag::test::Site;

namespace {

Json paused(const std::string& url, const std::string& method = "GET",
            const Json& more = Json::object()) {
    Json request = {{"url", url}, {"method", method}, {"headers", Json::object()}};
    request.update(more);
    return {{"requestId", "1"}, {"resourceType", "XHR"}, {"request", request}};
}

net::NetOptions options_for(const std::vector<std::string>& allow_hosts) {
    net::NetOptions options;
    options.allow_hosts = allow_hosts;
    options.lookup = [](const std::string&) {
        return std::vector{*net::parse_address("127.0.0.1")};
    };
    return options;
}

/// The answer's status and body; null where there is none.
std::optional<std::string> fetch(Errands& errands, const std::string& url) {
    std::promise<std::optional<std::string>> said;
    REQUIRE(errands.run(*read_paused_request(paused(url)), [&](const HttpResponse* answer) {
        said.set_value(answer == nullptr
                           ? std::nullopt
                           : std::optional(std::to_string(answer->status) + ' ' + answer->body));
    }));
    return said.get_future().get();
}

}  // namespace

TEST_CASE("errands: a request is fetched as the page asked for it, but for its connection") {
    const Json headers = {{"Accept", "*/*"},
                          {"Cookie", "a=b"},
                          {"X-Of-Page", "1"},
                          {"Content-Length", "7"},
                          {"Proxy-Connection", "x"}};
    const Json entries = Json::array({{{"bytes", to_base64("a\0b")}}, {{"bytes", to_base64("c")}}});
    const auto request = read_paused_request(
        paused("https://A.example:443/x?y#z", "POST",
               {{"headers", headers}, {"hasPostData", true}, {"postDataEntries", entries}}));
    REQUIRE(request.has_value());
    CHECK(request->url == "https://a.example/x?y");
    CHECK(request->method == "POST");
    CHECK(request->body == "ac");
    CHECK(request->reach == Reach::public_only);
    CHECK(request->redirects_max == 0);
    CHECK(request->headers ==
          HttpHeaders{{"Accept", "*/*"}, {"Cookie", "a=b"}, {"X-Of-Page", "1"}});
}

TEST_CASE("errands: what is no http, has no end or no whole body is not fetched") {
    for (const char* url : {"file:///etc/passwd", "ftp://a.example/", "ws://a.example/",
                            "chrome://version", "data:text/plain,x", "filesystem:http://a/b", ""}) {
        INFO(url);
        CHECK_FALSE(read_paused_request(paused(url)).has_value());
    }
    const std::string url = "https://a.example/";
    CHECK_FALSE(read_paused_request(paused(url, "CONNECT")).has_value());
    CHECK_FALSE(read_paused_request(paused(url, "POST", {{"hasPostData", true}})).has_value());
    CHECK_FALSE(read_paused_request(paused(url, "POST",
                                           {{"hasPostData", true},
                                            {"postDataEntries", Json::array({Json::object()})}}))
                    .has_value());
    CHECK_FALSE(
        read_paused_request(paused(url, "GET", {{"headers", {{"Accept", "text/event-stream"}}}}))
            .has_value());
    Json ping = paused(url, "POST");
    ping["resourceType"] = "Ping";
    CHECK_FALSE(read_paused_request(ping).has_value());
}

TEST_CASE("errands: only addresses that every other fetch may reach are reached, redirect or not") {
    Site site;
    const ForbiddenPort forbidden;
    site.page("/", "may be read", "text/plain");
    site.server.Get("/away", [&](const auto&, auto& response) {
        response.set_redirect("http://" + forbidden.authority() + "/");
    });
    site.start();
    net::NetClient client(options_for({site.authority()}));
    Errands errands(client, {}, 1'000'000);
    CHECK(fetch(errands, site.url("/")) == "200 may be read");
    // The browser is told of the redirect, and asks again.
    CHECK(fetch(errands, site.url("/away")).value_or("").starts_with("302"));
    const std::string port = ':' + std::to_string(forbidden.port()) + '/';
    for (const char* host : {"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "rebind.example",
                             "[::ffff:127.0.0.1]", "2130706433"}) {
        INFO(host);
        CHECK_FALSE(fetch(errands, "http://" + (host + port)).has_value());
        CHECK_FALSE(fetch(errands, "https://" + (host + port)).has_value());
    }
    CHECK_FALSE(forbidden.was_reached_by_tcp());
    CHECK(errands.bytes() == 11);
}

TEST_CASE("errands: a page has so many bytes, and no answer is cut off in its middle") {
    Site site;
    site.page("/", std::string(600, 'x'), "text/plain");
    site.start();
    net::NetClient client(options_for({site.authority()}));
    Errands errands(client, {}, 1000);
    CHECK(fetch(errands, site.url("/")).has_value());
    CHECK_FALSE(fetch(errands, site.url("/")).has_value());
    CHECK_FALSE(fetch(errands, site.url("/")).has_value());
    CHECK(site.asked_for("/") == 2);
}

TEST_CASE("errands: the end of a page waits for no answer") {
    std::promise<void> leave;  // Outlives the site, whose threads wait for it.
    const auto left = leave.get_future().share();
    Site site;
    site.server.Get("/", [&](const auto&, auto&) { left.wait_for(20s); });
    site.start();
    net::NetClient client(options_for({site.authority()}));
    const auto start = std::chrono::steady_clock::now();
    {
        Errands errands(client, {}, 1000);
        for (int i = 0; i < 20; ++i) {
            CHECK(errands.run(*read_paused_request(paused(site.url("/"))), [](const auto*) {}));
        }
        while (site.asked_for("/") == 0) {
            std::this_thread::sleep_for(1ms);
        }
    }
    CHECK(std::chrono::steady_clock::now() - start < 5s);
    leave.set_value();
}
