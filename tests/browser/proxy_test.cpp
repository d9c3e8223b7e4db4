// The browser's way to the network, spoken to as a browser does.

#include "browser/proxy.hpp"

#include "browser/forbidden.hpp"
#include "browser/site.hpp"
#include "support/wire_client.hpp"

#include <doctest/doctest.h>

#include <atomic>

using namespace rag;
using namespace rag::browser;
using namespace std::chrono_literals;
using rag::test::ForbiddenPort;
using rag::test::Site;
using rag::test::WireClient;

namespace {

std::string ask(const GuardedProxy& proxy, const std::string& url) {
    WireClient client(proxy.port());
    client.send("GET " + url + " HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n\r\n");
    return client.read_all();
}

std::string connect(const GuardedProxy& proxy, const std::string& target) {
    WireClient client(proxy.port());
    client.send("CONNECT " + target + " HTTP/1.1\r\n\r\n");
    return client.read_until("\r\n\r\n");
}

net::Lookup no_lookup() {
    return [](const std::string&) { return std::vector<net::IpAddress>{}; };
}

net::Lookup always(const char* address) {
    return [address](const std::string&) {
        return std::vector<net::IpAddress>{*net::parse_address(address)};
    };
}

}  // namespace

TEST_CASE("proxy: plain requests and tunnels reach hosts that may be reached") {
    Site site;
    site.server.Get("/", [](const auto& request, auto& response) {
        response.set_content("for " + request.get_header_value("Host"), "text/plain");
    });
    site.server.Post("/echo", [](const auto& request, auto& response) {
        response.set_content(request.body, "text/plain");
    });
    site.start();
    net::GuardedLookup lookup({site.authority()}, no_lookup());
    const GuardedProxy proxy(lookup, {});
    const std::string plain = ask(proxy, site.url("/"));
    CHECK(plain.find("for " + site.authority()) != std::string::npos);
    CHECK(plain.find("Connection: close") != std::string::npos);

    WireClient poster(proxy.port());
    const std::string body(200'000, 'b');
    poster.send("POST " + site.url("/echo") +
                " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    CHECK(poster.read_all().ends_with(body));

    WireClient tunnel(proxy.port());
    tunnel.send("CONNECT " + site.authority() + " HTTP/1.1\r\n\r\n");
    CHECK(tunnel.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    tunnel.send("GET / HTTP/1.1\r\nHost: inside\r\nConnection: close\r\n\r\n");
    CHECK(tunnel.read_all().find("for inside") != std::string::npos);
    CHECK(proxy.bytes() > 400'000);
}

TEST_CASE("proxy: a connection serves one plain request, to the one address that was checked") {
    Site site;
    site.page("/", "first");
    site.start();
    const ForbiddenPort forbidden;
    net::GuardedLookup lookup({site.authority()}, no_lookup());
    const GuardedProxy proxy(lookup, {});
    WireClient client(proxy.port());
    const auto request = [](const std::string& url) {
        return "GET " + url + " HTTP/1.1\r\nHost: x\r\n\r\n";
    };
    client.send(request(site.url("/")) + request("http://" + forbidden.authority() + "/"));
    const std::string answers = client.read_all();
    CHECK(answers.find("first") != std::string::npos);
    CHECK(answers.find("HTTP/1.1", 1) == std::string::npos);
    CHECK(site.asked_for("/") == 1);
    CHECK_FALSE(forbidden.was_reached_by_tcp());
}

TEST_CASE(
    "proxy: addresses that are not public are refused in every spelling, and nothing is sent") {
    const ForbiddenPort forbidden;
    const std::string port = ':' + std::to_string(forbidden.port());
    net::GuardedLookup lookup({}, always("127.0.0.1"));
    const GuardedProxy proxy(lookup, {});
    for (const std::string host : {"127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1",
                                   "192.168.1.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0",
                                   "2130706433", "0x7f.1", "metadata.internal", "public.example"}) {
        INFO(host);
        CHECK(ask(proxy, "http://" + host + port + "/").starts_with("HTTP/1.1 403 "));
        CHECK(connect(proxy, host + port).starts_with("HTTP/1.1 403 "));
    }
    CHECK_FALSE(forbidden.was_reached_by_tcp());
    CHECK(proxy.refusals().size() > 10);
    CHECK(proxy.refusals().front().find("may not be fetched") != std::string::npos);
}

TEST_CASE("proxy: a name is looked up once for each connection, and pinned") {
    Site site;
    site.page("/", "pinned");
    site.start();
    std::atomic<int> lookups = 0;
    // A name that changes its mind after it was checked.
    net::GuardedLookup lookup({"pinned.example"}, [&](const std::string&) {
        return std::vector{*net::parse_address(++lookups == 1 ? "127.0.0.1" : "192.0.2.1")};
    });
    const GuardedProxy proxy(lookup, {});
    CHECK(ask(proxy, site.url("/", "pinned.example")).find("pinned") != std::string::npos);
    CHECK(lookups == 1);
}

TEST_CASE("proxy: one address that is not public is enough to refuse a name") {
    net::GuardedLookup lookup({}, [](const std::string&) {
        return std::vector{*net::parse_address("8.8.8.8"), *net::parse_address("10.0.0.1")};
    });
    const GuardedProxy proxy(lookup, {});
    CHECK(connect(proxy, "rebind.example:443").starts_with("HTTP/1.1 403 "));
}

TEST_CASE(
    "proxy: a redirect is the browser's to follow, and its target is checked like any other") {
    Site site;
    const ForbiddenPort forbidden;
    site.server.Get("/", [&](const auto&, auto& response) {
        response.set_redirect("http://" + forbidden.authority() + "/secret");
    });
    site.start();
    net::GuardedLookup lookup({site.authority()}, no_lookup());
    const GuardedProxy proxy(lookup, {});
    CHECK(ask(proxy, site.url("/")).starts_with("HTTP/1.1 302 "));
    CHECK(ask(proxy, "http://" + forbidden.authority() + "/secret").starts_with("HTTP/1.1 403 "));
    CHECK_FALSE(forbidden.was_reached_by_tcp());
}

TEST_CASE("proxy: a host that does not answer and an answer that is no HTTP are a bad gateway") {
    int closed = 0;
    {
        const ForbiddenPort gone;
        closed = gone.port();
    }
    net::GuardedLookup lookup({"127.0.0.1"}, no_lookup());
    const GuardedProxy proxy(lookup, {});
    CHECK(ask(proxy, "http://127.0.0.1:" + std::to_string(closed) + "/")
              .starts_with("HTTP/1.1 502 "));
    CHECK(ask(proxy, "http://unknown.example/").starts_with("HTTP/1.1 502 "));
}

TEST_CASE("proxy: a page has so many bytes, so many connections and so much time") {
    Site site;
    site.page("/large", std::string(4'000'000, 'x'));
    site.start();
    net::GuardedLookup lookup({site.authority()}, no_lookup());
    SUBCASE("bytes") {
        ProxyOptions options;
        options.bytes_max = 1'000'000;
        const GuardedProxy proxy(lookup, options);
        CHECK(ask(proxy, site.url("/large")).size() < 1'100'000);
        CHECK(proxy.is_exhausted());
        CHECK(ask(proxy, site.url("/large")).size() < 100'000);
    }
    SUBCASE("connections") {
        ProxyOptions options;
        options.connections_max = 2;
        const GuardedProxy proxy(lookup, options);
        WireClient one(proxy.port());
        WireClient two(proxy.port());
        WireClient three(proxy.port());
        CHECK(three.is_ended());
        one.close();
        CHECK(rag::test::await([&] { return ask(proxy, site.url("/large")).size() > 1'000'000; }));
    }
    SUBCASE("time") {
        ProxyOptions options;
        options.deadline = std::chrono::steady_clock::now() + 200ms;
        const GuardedProxy proxy(lookup, options);
        WireClient silent(proxy.port());
        CHECK(silent.is_ended());
    }
}

TEST_CASE("proxy: its end ends whatever goes through it") {
    Site site;
    site.server.Get("/endless", [](const auto&, auto& response) {
        response.set_chunked_content_provider("text/plain", [](std::size_t, auto& sink) {
            std::this_thread::sleep_for(5ms);
            return sink.write("x", 1);
        });
    });
    site.start();
    net::GuardedLookup lookup({site.authority()}, no_lookup());
    auto proxy = std::make_unique<GuardedProxy>(lookup, ProxyOptions{});
    WireClient idle(proxy->port());
    WireClient tunnel(proxy->port());
    tunnel.send("CONNECT " + site.authority() + " HTTP/1.1\r\n\r\n");
    tunnel.read_until("\r\n\r\n");
    WireClient reader(proxy->port());
    reader.send("GET " + site.url("/endless") + " HTTP/1.1\r\n\r\n");
    reader.read_until("\r\n\r\n");
    proxy.reset();
    CHECK(idle.is_ended());
    CHECK(tunnel.is_ended());
    reader.read_all();
}
