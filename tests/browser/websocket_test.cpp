// A browser that is spoken to over a WebSocket: what is said when that goes wrong, and in what
// time.

#include "browser/websocket.hpp"

#include "base/json.hpp"
#include "browser/conversation.hpp"
#include "browser/devtools.hpp"
#include "browser/devtools_server.hpp"
#include "rag/error.hpp"
#include "support/authority.hpp"
#include "support/wire_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using namespace rag;
using namespace rag::browser;
using namespace std::chrono_literals;
using rag::test::Authority;
using rag::test::await;
using rag::test::Certificate;
using rag::test::day_s;
using rag::test::DevtoolsScript;
using rag::test::DevtoolsServer;
using rag::test::Key;
using rag::test::make_certificate;
using rag::test::make_key;

namespace {

const std::vector<net::IpAddress> here{*net::parse_address("127.0.0.1")};

RemoteAddress address_of(const std::string& authority, const std::string& scheme = "ws") {
    return *parse_remote_address(scheme + "://user:secret@" + authority + "/path?token=secret");
}

DevtoolsOptions options_for(const RemoteAddress& address, const WebsocketLimits& limits = {}) {
    DevtoolsOptions options;
    options.connect = [address, limits](const std::stop_token& over) {
        return open_websocket(address, here, limits, over);
    };
    return options;
}

DevtoolsOptions options_for(const DevtoolsServer& server, const WebsocketLimits& limits = {}) {
    return options_for(address_of(server.authority()), limits);
}

std::string answer_to(const std::string& message, const std::string& word) {
    return R"({"id":)" + std::to_string(parse_json(message).at("id").get<int>()) +
           R"(,"result":{"word":")" + word + R"("}})";
}

DevtoolsScript answering(const std::string& word) {
    DevtoolsScript script;
    script.answer = [word](const std::string& message) {
        return std::vector{answer_to(message, word)};
    };
    return script;
}

std::string ask(Devtools& browser) {
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + 10s;
    return Conversation(browser, "", context, {}).call("Any.thing").at("word");
}

/// The sentence of an error, which shows no secret.
template <class F>
std::string complaint_of(const F& call) {
    try {
        call();
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::unavailable);
        CHECK(error.message().find("secret") == std::string::npos);
        return error.message();
    }
    return "nothing went wrong";
}

std::string complaint_at(const DevtoolsServer& server, const WebsocketLimits& limits = {}) {
    return complaint_of([&] { ask(*std::make_unique<Devtools>(options_for(server, limits))); });
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("websocket: commands are answered, what opens the browser is sent and the way closed") {
    const DevtoolsServer server(answering("here"));
    {
        Devtools browser(options_for(server));
        CHECK(ask(browser) == "here");
        CHECK(ask(browser) == "here");
        CHECK(browser.group() == -1);
    }
    REQUIRE(server.heads().size() == 1);
    CHECK(holds(server.heads()[0], "GET /path?token=secret HTTP/1.1"));
    CHECK(holds(server.heads()[0], "Authorization: Basic dXNlcjpzZWNyZXQ="));
    CHECK(holds(server.heads()[0], "Host: " + server.authority()));
    CHECK(await([&] { return server.farewell() == 1000; }));
}

TEST_CASE("websocket: large messages pass both ways, several callers at once") {
    const std::string large(3'000'000, 'x');
    DevtoolsScript script;
    script.answer = [](const std::string& message) {
        const Json asked = parse_json(message);
        return std::vector{dump_json({{"id", asked.at("id")}, {"result", asked.at("params")}})};
    };
    const DevtoolsServer server(script);
    Devtools browser(options_for(server));
    std::vector<std::jthread> callers;
    std::array<bool, 4> right{};
    for (std::size_t i = 0; i < right.size(); ++i) {
        callers.emplace_back([&, i] {
            CallContext context;
            context.deadline = std::chrono::steady_clock::now() + 180s;
            Conversation talk(browser, "", context, {});
            const Json sent = {{"text", large}, {"of", i}};
            right[i] = talk.call("Any.thing", sent) == sent;
        });
    }
    callers.clear();
    CHECK(right == std::array<bool, 4>{true, true, true, true});
}

TEST_CASE("websocket: where nothing listens, or nobody who lets in, the sentence says what to do") {
    int port = 0;
    {
        const DevtoolsServer server({});
        port = server.port();
    }
    const std::string refused = complaint_of([&] {
        const Devtools browser(options_for(address_of("127.0.0.1:" + std::to_string(port))));
    });
    INFO(refused);
    CHECK(holds(refused, "ws://127.0.0.1:" + std::to_string(port) + " cannot be reached"));
    CHECK(holds(refused, "RAG_BROWSER"));
    const auto said_after = [](const std::string& answer) {
        DevtoolsScript script;
        script.raw_answer = answer;
        return complaint_at(DevtoolsServer(script));
    };
    const std::string body = "Content-Length: 6\r\n\r\nsecret";
    CHECK(holds(said_after("HTTP/1.1 200 OK\r\n" + body),
                "status 200 instead of opening a WebSocket"));
    CHECK(holds(said_after("HTTP/1.1 401 Unauthorized\r\n" + body), "missing or wrong"));
    CHECK(holds(said_after("HTTP/1.1 404 Not Found\r\n" + body), "http://HOST:PORT"));
    CHECK(holds(said_after("HTTP/1.1 429 Too Many Requests\r\n" + body), "too many sessions"));
    CHECK(holds(said_after("SSH-2.0-OpenSSH\r\n\r\n"), "does not speak WebSocket"));
    CHECK(holds(said_after("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           "Connection: upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n"),
                "does not speak WebSocket"));
}

TEST_CASE("websocket: a handshake that never comes is given up in time, or when nobody waits") {
    DevtoolsScript script;
    script.delay = 60s;
    const auto start = std::chrono::steady_clock::now();
    SUBCASE("its time is over") {
        const DevtoolsServer server(script);
        WebsocketLimits limits;
        limits.handshake = 200ms;
        CHECK(holds(complaint_at(server, limits), "did not open a WebSocket in time"));
    }
    SUBCASE("the caller stops") {
        const DevtoolsServer server(script);
        std::stop_source stop;
        CallContext context;
        context.stop = stop.get_token();
        const std::jthread stopper([&] {
            std::this_thread::sleep_for(200ms);
            stop.request_stop();
        });
        try {
            const Devtools browser(options_for(server), context);
            FAIL("nobody answered");
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::cancelled);
        }
    }
    CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("websocket: an end in the middle of a command is told to whoever waits") {
    DevtoolsScript script;
    script.broken_off_at = 1;
    CHECK(holds(complaint_at(DevtoolsServer(script)), "broke the connection off"));
    script = {};
    script.close_code = 1008;
    CHECK(holds(complaint_at(DevtoolsServer(script)), "closed the connection (1008)"));
}

TEST_CASE("websocket: a message beyond the limit ends it, one that is no JSON does not") {
    WebsocketLimits limits;
    limits.message_bytes = 1000;
    CHECK(holds(complaint_at(DevtoolsServer(answering(std::string(2000, 'x'))), limits),
                "longer than what is read"));
    DevtoolsScript script;
    script.answer = [](const std::string& message) {
        return std::vector{
            std::string("nonsense"),       std::string("[]"), std::string("{\"id\":\"x\"}"),
            std::string("{\"method\":1}"), std::string(),     answer_to(message, "after it")};
    };
    const DevtoolsServer server(script);
    Devtools browser(options_for(server, limits));
    CHECK(ask(browser) == "after it");
}

TEST_CASE("websocket: one that answers no ping is given up, one that is merely quiet is not") {
    WebsocketLimits limits;
    limits.silence = 400ms;
    DevtoolsScript script;
    script.deaf = true;
    CHECK(holds(complaint_at(DevtoolsServer(script), limits), "does not answer any more"));
    const DevtoolsServer quiet(answering("still here"));
    Devtools browser(options_for(quiet, limits));
    const Devtools::Use use(browser);
    std::this_thread::sleep_for(1'500ms);
    CHECK(ask(browser) == "still here");
}

TEST_CASE("websocket: a way that nobody uses is closed") {
    const DevtoolsServer server(answering("here"));
    DevtoolsOptions options = options_for(server);
    options.idle_time = 100ms;
    Devtools browser(std::move(options));
    CHECK(await([&] { return browser.is_over(); }));
    CHECK(await([&] { return server.farewell() == 1000; }));
}

TEST_CASE("websocket: over TLS the chain of certificates and the name must be right") {
    const Authority authority;
    const Key key = make_key();
    const auto ask_one = [&](X509* certificate) {
        DevtoolsScript script = answering("in secrecy");
        script.certificate = certificate;
        script.key = key.get();
        const DevtoolsServer server(script);
        Devtools browser(
            options_for(address_of("browser.example:" + std::to_string(server.port()), "wss")));
        return ask(browser);
    };
    const auto named = [&](const std::string& name, const Certificate* issuer, EVP_PKEY* by) {
        return make_certificate({name, "DNS:" + name}, key.get(),
                                issuer == nullptr ? nullptr : issuer->get(), by, day_s);
    };
    const Certificate good = named("browser.example", &authority.certificate, authority.key.get());
    CHECK(ask_one(good.get()) == "in secrecy");
    const Certificate other = named("other.example", &authority.certificate, authority.key.get());
    CHECK(holds(complaint_of([&] { ask_one(other.get()); }), "not trusted for this name"));
    const Certificate own = named("browser.example", nullptr, key.get());
    CHECK(holds(complaint_of([&] { ask_one(own.get()); }), "not trusted for this name"));
    const DevtoolsServer plain(answering("open"));
    CHECK(holds(complaint_of([&] {
                    const Devtools browser(options_for(
                        address_of("browser.example:" + std::to_string(plain.port()), "wss")));
                }),
                "speaks no TLS"));
}
