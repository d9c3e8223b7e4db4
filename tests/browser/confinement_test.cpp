// What a page in a real Chromium may not reach, whatever its scripts try.

#include "browser/chromium_fixture.hpp"
#include "browser/forbidden.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

using namespace rag;
using namespace rag::browser;
using namespace std::chrono_literals;
using rag::test::ByWeb;
using rag::test::ByWebSocket;
using rag::test::fetched;
using rag::test::ForbiddenPort;
using rag::test::Piped;
using rag::test::Site;

TYPE_TO_STRING(Piped);
TYPE_TO_STRING(ByWebSocket);
TYPE_TO_STRING(ByWeb);

namespace {

/// Runs the script in a page of the site and returns the page. The script sees `port`, the
/// forbidden one, and ends by setting the page's text.
std::string run(Chromium& chromium, const Site& site, const ForbiddenPort& forbidden,
                const std::string& script) {
    return chromium
        .render({}, fetched(site.url("/"), "<!doctype html><body><script>const port = " +
                                               std::to_string(forbidden.port()) + ";\n" + script +
                                               "</script></body>"))
        .html;
}

/// A page that has asked for this is not at rest for a while.
void add_wait(Site& site) {
    site.server.Get("/wait", [](const auto&, auto& response) {
        std::this_thread::sleep_for(1s);
        response.set_content("waited", "text/plain");
    });
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_TEMPLATE(
    "confinement: scripts reach no address that is not public, by no name and no spelling", Browser,
    Piped, ByWebSocket, ByWeb) {
    Site site;
    const ForbiddenPort forbidden;
    site.page("/open", "may be read", "text/plain");
    site.server.Get("/away", [&](const auto&, auto& response) {
        response.set_redirect("http://" + forbidden.authority() + "/");
    });
    site.start();
    ChromiumOptions options = Browser::options({site.authority()});
    options.lookup = [](const std::string&) {
        return std::vector{*net::parse_address("127.0.0.1")};
    };
    Chromium chromium(std::move(options));
    const std::string page = run(chromium, site, forbidden, R"js(
        const targets = [`http://127.0.0.1:${port}/`, `http://localhost:${port}/`,
            `http://[::1]:${port}/`, `http://2130706433:${port}/`, `http://0.0.0.0:${port}/`,
            `https://127.0.0.1:${port}/`, `http://rebind.example:${port}/`,
            'http://169.254.169.254/latest/meta-data/', 'http://10.0.0.1/', 'http://192.168.1.1/',
            'file:///etc/passwd', '/away'];
        (async () => {
            const said = [];
            for (const target of targets) {
                try {
                    const answer = await fetch(target, {mode: 'no-cors'});
                    const text = await answer.text();
                    said.push('answered ' + answer.status + ' ' + text);
                } catch { said.push('refused'); }
            }
            said.push(await (await fetch('/open')).text());
            document.body.textContent = said.join('|') + '.'.repeat(300);
        })();)js");
    INFO(page);
    CHECK(holds(page, "may be read"));
    CHECK_FALSE(holds(page, "root:"));
    CHECK_FALSE(forbidden.was_reached_by_tcp());
}

TEST_CASE_TEMPLATE(
    "confinement: nor do pictures, frames, sockets, workers, beacons, prefetches or another page",
    Browser, Piped, ByWebSocket, ByWeb) {
    Site site;
    const ForbiddenPort forbidden;
    site.page("/worker.js", "fetch(location.hash.slice(1)).catch(() => {}); postMessage(1);",
              "text/javascript");
    add_wait(site);
    site.start();
    Chromium chromium(Browser::options({site.authority()}));
    const std::string page = run(chromium, site, forbidden, R"js(
        const target = `http://127.0.0.1:${port}/`;
        fetch('/wait');
        new Image().src = target;
        for (const [name, key] of [['iframe', 'src'], ['script', 'src'], ['embed', 'src'],
                                   ['object', 'data'], ['video', 'src'], ['audio', 'src']]) {
            const element = document.createElement(name);
            element[key] = target;
            document.body.append(element);
        }
        for (const rel of ['preconnect', 'dns-prefetch', 'prefetch', 'preload', 'stylesheet',
                           'modulepreload', 'icon', 'manifest', 'prerender']) {
            const link = document.createElement('link');
            link.rel = rel; link.href = target; link.as = 'fetch';
            document.head.append(link);
        }
        navigator.sendBeacon(target, 'x');
        try { new WebSocket(`ws://127.0.0.1:${port}/`); } catch {}
        try { new EventSource(target); } catch {}
        try { new Worker(URL.createObjectURL(new Blob([`fetch('${target}')`]))); } catch {}
        const worker = new Worker('/worker.js#' + target);
        window.open(target);
        const form = document.createElement('form');
        form.action = target; form.method = 'post'; form.target = '_blank';
        document.body.append(form); form.submit();
        worker.onmessage = () => document.body.append('done' + '.'.repeat(300));)js");
    CHECK(holds(page, "done."));
    CHECK_FALSE(forbidden.was_reached_by_tcp());
    CHECK_FALSE(forbidden.was_reached_by_udp());
}

TEST_CASE_TEMPLATE(
    "confinement: no datagram leaves the browser: neither WebRTC nor WebTransport nor QUIC",
    Browser, Piped, ByWebSocket, ByWeb) {
    Site site;
    const ForbiddenPort forbidden;
    site.server.Get("/open", [&](const auto&, auto& response) {
        response.set_header("Alt-Svc", "h3=\":" + std::to_string(forbidden.port()) + "\"");
        response.set_content("open", "text/plain");
    });
    add_wait(site);
    site.start();
    Chromium chromium(Browser::options({site.authority()}));
    const std::string page = run(chromium, site, forbidden, R"js(
        (async () => {
            try {
                const peer = new RTCPeerConnection({iceServers: [
                    {urls: `stun:127.0.0.1:${port}`},
                    {urls: `turn:127.0.0.1:${port}`, username: 'u', credential: 'c'},
                    {urls: `turn:127.0.0.1:${port}?transport=tcp`, username: 'u',
                     credential: 'c'}]});
                peer.createDataChannel('x');
                await peer.setLocalDescription(await peer.createOffer());
            } catch {}
            try { new WebTransport(`https://127.0.0.1:${port}/`).ready.catch(() => {}); } catch {}
            await fetch('/open'); await fetch('/open?again'); await fetch('/wait');
            document.body.append('done' + '.'.repeat(300));
        })();)js");
    CHECK(holds(page, "done."));
    CHECK_FALSE(forbidden.was_reached_by_udp());
    CHECK_FALSE(forbidden.was_reached_by_tcp());
}

TEST_CASE_TEMPLATE(
    "confinement: a script that leads the page to a forbidden address gets nothing from there",
    Browser, Piped, ByWebSocket, ByWeb) {
    Site site;
    const ForbiddenPort forbidden;
    site.start();
    Chromium chromium(Browser::options({site.authority()}));
    for (const char* where :
         {"http://127.0.0.1:${port}/", "file:///etc/passwd", "http://169.254.169.254/latest/",
          "chrome://version", "view-source:file:///etc/passwd"}) {
        INFO(where);
        std::string page;
        try {
            page = run(chromium, site, forbidden,
                       "try { location.href = `" + std::string(where) + "`; } catch {}");
        } catch (const Error&) {
            // A page that goes nowhere may fail.
        }
        CHECK_FALSE(holds(page, "root:"));
        CHECK_FALSE(holds(page, "Command Line"));
    }
    CHECK_FALSE(forbidden.was_reached_by_tcp());
}

TEST_CASE("confinement: what belongs to no page has no way to the network at all") {
    const auto arguments = chromium_arguments(Sandbox::on);
    const auto has = [&](const std::string& one) {
        return std::find(arguments.begin(), arguments.end(), one) != arguments.end();
    };
    CHECK(has("--proxy-server=http://127.0.0.1:1"));
    CHECK(has("--proxy-bypass-list=<-loopback>"));
    CHECK(has("--disable-quic"));
    CHECK(has("--no-sandbox") == (::geteuid() == 0));
}

TEST_CASE_TEMPLATE(
    "confinement: more than a page may have through the proxy ends its connections, not the page",
    Browser, Piped, ByWebSocket, ByWeb) {
    Site site;
    site.page("/large", std::string(3'000'000, 'x'), "application/octet-stream");
    site.start();
    const ForbiddenPort forbidden;
    ChromiumOptions options = Browser::options({site.authority()});
    options.page_bytes_max = 1'000'000;
    Chromium chromium(std::move(options));
    const std::string page = run(chromium, site, forbidden, R"js(
        fetch('/large').then(r => r.text()).then(() => 'whole', () => 'cut off')
            .then(t => document.body.textContent = t + '.'.repeat(300));)js");
    CHECK(holds(page, "cut off."));
}
