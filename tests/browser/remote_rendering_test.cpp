// What is peculiar to a real Chromium that was not started by the product: ways that break, what is
// left behind, and what its pages may not do where no proxy of ours stands between.

#include "browser/chromium_fixture.hpp"
#include "browser/conversation.hpp"
#include "browser/forbidden.hpp"
#include "browser/websocket.hpp"
#include "rag/error.hpp"
#include "support/tcp_relay.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

using namespace rag;
using namespace rag::browser;
using namespace std::chrono_literals;
using rag::test::ByWebSocket;
using rag::test::fetched;
using rag::test::ForbiddenPort;
using rag::test::installed_chromium;
using rag::test::remote_chromium;
using rag::test::RemoteChromium;
using rag::test::Site;
using rag::test::TcpRelay;

namespace {

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const HttpResponse scripted =
    fetched("http://a.example/",
            "<!doctype html><body><script>document.body.textContent = 'made ' "
            "+ 'by script ' + 'x'.repeat(300);</script>");
const HttpResponse endless = fetched("http://a.example/", "<script>for (;;) {}</script>");

ChromiumOptions options_at(const std::string& setting) {
    ChromiumOptions options = installed_chromium({});
    options.program = setting;
    return options;
}

/// The sentence of a page that cannot be had.
std::string complaint(Chromium& chromium, const HttpResponse& page) {
    try {
        chromium.render({}, page);
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::unavailable);
        return error.message();
    }
    return "it was rendered";
}

/// What `browser` says beside the pages of the product.
Json ask(Devtools& browser, const std::string& method) {
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + 10s;
    return Conversation(browser, "", context, {}).call(method);
}

DevtoolsOptions beside() {
    DevtoolsOptions options;
    options.connect = [](const std::stop_token& over) {
        WebsocketLimits limits;
        limits.silence = 500ms;
        return open_websocket(*parse_remote_address(remote_chromium().websocket()),
                              {*net::parse_address("127.0.0.1")}, limits, over);
    };
    return options;
}

/// Runs the script in a page of the site, as it is with nothing in its way but what the product
/// puts there. It sees `target`, the forbidden place.
std::string run(Chromium& chromium, const Site& site, const ForbiddenPort& forbidden,
                const std::string& script) {
    return chromium
        .render({}, fetched(site.url("/"), "<!doctype html><body><p>" + std::string(300, '.') +
                                               "</p><script>const target = 'http://" +
                                               forbidden.authority() + "/';\n" + script +
                                               "</script></body>"))
        .html;
}

}  // namespace

TEST_CASE("elsewhere: a way that is lost is one page that failed, the next one takes it anew") {
    TcpRelay relay(remote_chromium().websocket());
    Chromium chromium(options_at(relay.address()));
    CHECK(holds(chromium.render({}, scripted).html, "made by script"));
    std::jthread cutter([&] {
        std::this_thread::sleep_for(300ms);
        relay.shut();
    });
    const std::string lost = complaint(chromium, endless);
    INFO(lost);
    CHECK(holds(lost, "The browser at ws://127.0.0.1:"));
    CHECK(holds(complaint(chromium, scripted), "cannot be reached"));
    cutter.join();
    relay.open();
    CHECK(holds(chromium.render({}, scripted).html, "made by script"));
}

TEST_CASE("elsewhere: a way that was lost between two pages costs none") {
    TcpRelay relay(remote_chromium().websocket());
    Chromium chromium(options_at(relay.address()));
    CHECK(holds(chromium.render({}, scripted).html, "made by script"));
    relay.shut();
    relay.open();
    CHECK(holds(chromium.render({}, scripted).html, "made by script"));
}

TEST_CASE("elsewhere: a browser that was started anew is found again by its port") {
    auto first = std::make_unique<RemoteChromium>();
    const int port = first->port();
    Chromium chromium(options_at(first->web()));
    CHECK(holds(chromium.render({}, scripted).html, "made by script"));
    const std::string path = first->websocket();
    first.reset();
    CHECK(holds(complaint(chromium, scripted), "cannot be reached"));
    const RemoteChromium second(port);
    CHECK(second.websocket() != path);
    CHECK(holds(chromium.render({}, scripted).html, "made by script"));
    Chromium by_path(options_at(path));
    const std::string refused = complaint(by_path, scripted);
    INFO(refused);
    CHECK(holds(refused, "http://HOST:PORT"));
    CHECK_FALSE(holds(refused, "/devtools/"));
}

TEST_CASE("elsewhere: a page leaves nothing behind, whether it came to its end or not") {
    Devtools other(beside());
    const Devtools::Use use(other);
    const auto contexts = [&] {
        return ask(other, "Target.getBrowserContexts").at("browserContextIds").size();
    };
    const std::size_t before = contexts();
    {
        ChromiumOptions options = options_at(remote_chromium().web());
        options.page_time = 2s;
        Chromium chromium(std::move(options));
        chromium.render({}, scripted);
        CHECK_THROWS_AS(chromium.render({}, endless), Error);
    }
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (contexts() != before && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(20ms);
    }
    CHECK(contexts() == before);
}

TEST_CASE("elsewhere: a Chromium answers pings, so that its silence is no end") {
    Devtools browser(beside());
    const Devtools::Use use(browser);
    std::this_thread::sleep_for(2s);
    CHECK_FALSE(browser.is_over());
    CHECK(holds(ask(browser, "Browser.getVersion").at("product"), "Chrome"));
}

TEST_CASE("elsewhere: what is no address of a browser is a sentence before anything is tried") {
    Chromium chromium(options_at("ftp://u:secret@elsewhere/"));
    CHECK(holds(chromium.why_not(), "which is no address of a browser"));
    CHECK_FALSE(holds(chromium.why_not(), "secret"));
    CHECK(holds(complaint(chromium, scripted), "which is no address of a browser"));
}

TEST_CASE("elsewhere: what no request is made of leads a page nowhere either") {
    Site site;
    const ForbiddenPort forbidden;
    site.server.Get("/wait", [](const auto&, auto& response) {
        std::this_thread::sleep_for(1500ms);
        response.set_content("waited", "text/plain");
    });
    site.start();
    Chromium chromium(ByWebSocket::options({site.authority()}));
    const auto try_all = [&](const std::string& script) {
        INFO(script);
        CHECK(holds(run(chromium, site, forbidden,
                        "fetch('/wait').then(() => document.body.append('done'));" + script),
                    "done"));
        CHECK_FALSE(forbidden.was_reached_by_tcp());
        CHECK_FALSE(forbidden.was_reached_by_udp());
    };
    try_all(R"js(const rules = document.createElement('script'); rules.type = 'speculationrules';
        rules.textContent = JSON.stringify({prefetch: [{source: 'list', urls: [target]}],
            prerender: [{source: 'list', urls: [target, '/other']}]});
        document.head.append(rules);)js");
    try_all(R"js(for (const rel of ['preconnect', 'dns-prefetch', 'prefetch', 'icon']) {
            const link = document.createElement('link'); link.rel = rel; link.href = target;
            document.head.append(link); })js");
    try_all(R"js(window.open?.(target); const link = document.createElement('a');
        link.href = target; link.target = '_blank'; link.rel = 'noopener';
        document.body.append(link); link.click();)js");
    try_all(R"js(try { CSS.paintWorklet.addModule(target); } catch {}
        try { new OfflineAudioContext(1, 9, 44100).audioWorklet.addModule(target); } catch {})js");
    try_all(R"js(navigator.serviceWorker?.register('/worker.js').catch(() => {});
        try { new Worker(URL.createObjectURL(new Blob([`fetch('${target}')`]))); } catch {})js");
}

TEST_CASE("elsewhere: no frame gives a page back what was taken from it") {
    Site site;
    const ForbiddenPort forbidden;
    site.server.Get("/wait", [](const auto&, auto& response) {
        std::this_thread::sleep_for(1500ms);
        response.set_content("waited", "text/plain");
    });
    site.start();
    Chromium chromium(ByWebSocket::options({site.authority()}));
    const std::string page = run(chromium, site, forbidden, R"js(
        const stun = 'stun:' + new URL(target).host;
        const attempt = `for (const where of [self, parent, top]) try {
            const peer = new where.RTCPeerConnection({iceServers: [{urls: '${stun}'}]});
            peer.createDataChannel('x');
            peer.createOffer().then(offer => peer.setLocalDescription(offer));
            } catch {}
            try { new WebSocket('${target.replace('http', 'ws')}'); } catch {}
            try { fetch('${target}', {mode: 'no-cors'}); } catch {}`;
        const markup = '<script>' + attempt + '</scr' + 'ipt>';
        const add = (prepare) => { const frame = document.createElement('iframe');
            prepare(frame); document.body.append(frame); return frame; };
        for (const sandbox of [null, 'allow-scripts', 'allow-scripts allow-same-origin']) {
            const set = (frame) => { if (sandbox !== null) frame.sandbox = sandbox; };
            add((frame) => { set(frame); frame.srcdoc = markup; });
            add((frame) => { set(frame); frame.src = 'data:text/html,' + markup; });
            add((frame) => { set(frame); frame.src = 'javascript:' + JSON.stringify(markup); });
            add((frame) => { set(frame);
                frame.src = URL.createObjectURL(new Blob([markup], {type: 'text/html'})); });
        }
        const blank = add(() => {});
        blank.contentWindow.eval(attempt);
        blank.contentDocument.write(markup); blank.contentDocument.close();
        eval(attempt);
        fetch('/wait').then(() => document.body.append('done'));)js");
    CHECK(holds(page, "done"));
    CHECK_FALSE(forbidden.was_reached_by_udp());
    CHECK_FALSE(forbidden.was_reached_by_tcp());
}
