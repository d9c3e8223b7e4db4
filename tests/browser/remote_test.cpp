// How a browser elsewhere is named, and found by its page about itself.

#include "browser/remote.hpp"

#include "browser/site.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

using namespace rag;
using namespace rag::browser;
using rag::test::Site;

namespace {

std::vector<net::IpAddress> here(const std::string&) {
    return {*net::parse_address("127.0.0.1")};
}

/// What is found at the site's address with `rest` after the port.
RemoteAddress find(const Site& site, const std::string& rest = "",
                   const std::string& host = "127.0.0.1") {
    return find_websocket(
        *parse_remote_address("http://user:secret@" + site.authority(host) + rest), here, {});
}

std::string complaint(const Site& site, const std::string& host = "127.0.0.1") {
    try {
        find(site, "/?token=secret", host);
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::unavailable);
        CHECK(error.message().find("secret") == std::string::npos);
        return error.message();
    }
    return "it was found";
}

void answer_with(Site& site, int status, const std::string& body) {
    site.server.Get(".*", [status, body](const auto&, auto& response) {
        response.status = status;
        response.set_content(body, "application/json");
    });
    site.start();
}

}  // namespace

TEST_CASE("remote: a setting is an address of a browser, or it is not one") {
    CHECK_FALSE(is_remote("/usr/bin/chromium"));
    CHECK_FALSE(is_remote("off"));
    CHECK_FALSE(parse_remote_address("chromium").has_value());
    CHECK(is_remote("ftp://x/"));
    for (const char* wrong : {"ftp://x/", "ws://", "ws:///path", "://x", "ws://x:70000/"}) {
        INFO(wrong);
        CHECK_FALSE(parse_remote_address(wrong).has_value());
    }
    const auto socket = parse_remote_address("WSS://me:p%40ss@Browser.Example/a?token=t#x");
    REQUIRE(socket.has_value());
    CHECK(socket->kind == RemoteAddress::Kind::websocket);
    CHECK(socket->place() == "wss://browser.example");
    CHECK(socket->url.target() == "/a?token=t");
    CHECK(socket->url.port == 443);
    CHECK(socket->credentials == "me:p@ss");
    const auto web = parse_remote_address("http://127.0.0.1:9222");
    REQUIRE(web.has_value());
    CHECK(web->kind == RemoteAddress::Kind::web);
    CHECK(web->place() == "http://127.0.0.1:9222");
    CHECK(web->credentials.empty());
    CHECK(parse_remote_address("ws://[::1]:9222/x")->place() == "ws://[::1]:9222");
}

TEST_CASE("remote: what is shown of a setting opens nothing") {
    CHECK(mask_remote_address("/opt/chrome") == "/opt/chrome");
    CHECK(mask_remote_address("ws://h:1/") == "ws://h:1");
    CHECK(mask_remote_address("ws://h:1/?token=t") == "ws://h:1/********");
    CHECK(mask_remote_address("ws://u:p@h:1") == "ws://h:1/********");
    CHECK(mask_remote_address("ws://u:p/w@h:x") == "ws://********");
    CHECK(mask_remote_address("ftp://u:p@h/t") == "ftp://********");
}

TEST_CASE("remote: the WebSocket is found by /json/version, which leads to no other machine") {
    Site site;
    answer_with(site, 200,
                R"({"webSocketDebuggerUrl": "ws://elsewhere.example:1/devtools/browser/id"})");
    const RemoteAddress plain = find(site);
    CHECK(plain.kind == RemoteAddress::Kind::websocket);
    CHECK(plain.place() == "ws://" + site.authority());
    CHECK(plain.url.target() == "/devtools/browser/id");
    CHECK(plain.credentials == "user:secret");
    CHECK(site.asked_for("/json/version") == 1);
    CHECK(find(site, "/?token=t").url.target() == "/devtools/browser/id?token=t");
    CHECK(find(site, "/at/").url.target() == "/devtools/browser/id");
    CHECK(site.asked_for("/at/json/version") == 1);
    CHECK(find(site, "/json/version").url.target() == "/devtools/browser/id");
}

TEST_CASE("remote: what is no browser's page about itself is a sentence with the way out") {
    const auto said = [](int status, const std::string& body,
                         const std::string& host = "127.0.0.1") {
        Site site;
        answer_with(site, status, body);
        return complaint(site, host);
    };
    const auto holds = [](const std::string& text, const std::string& part) {
        INFO(text);
        return text.find(part) != std::string::npos;
    };
    CHECK(holds(said(200, "secret"), "--remote-debugging-port"));
    CHECK(holds(said(200, R"({"webSocketDebuggerUrl": 5})"), "something else"));
    CHECK(holds(said(200, R"({"webSocketDebuggerUrl": "file:///secret"})"), "something else"));
    CHECK(holds(said(404, "secret"), "status 404"));
    CHECK(holds(said(401, "secret"), "missing or wrong"));
    CHECK(holds(said(500, "secret", "browser.example"), "instead of its name"));
    std::string refused;
    {
        Site site;
        answer_with(site, 200, "{}");
        site.server.stop();
        refused = complaint(site);
    }
    CHECK(holds(refused, "cannot be reached"));
}
