// Pages in a real Chromium: what becomes of them, and of the browser.

#include "browser/chromium_fixture.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <thread>

using namespace rag;
using namespace rag::browser;
using namespace std::chrono_literals;
using rag::test::ByWeb;
using rag::test::ByWebSocket;
using rag::test::fetched;
using rag::test::installed_chromium;
using rag::test::Piped;
using rag::test::Site;

TYPE_TO_STRING(Piped);
TYPE_TO_STRING(ByWebSocket);
TYPE_TO_STRING(ByWeb);

namespace {

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

ErrorCode code_of(Chromium& chromium, const HttpResponse& answer, const CallContext& context = {}) {
    try {
        chromium.render(context, answer);
    } catch (const Error& error) {
        INFO(error.message());
        return error.code();
    }
    return ErrorCode::internal;
}

/// A page that shows hardly any text is given more time; one with this is not.
const std::string filler = "<p>" + std::string(300, '.') + "</p>";

/// A page that is read at once, and holds what its script wrote.
const std::string scripted =
    "<!doctype html><title>t</title><div id=root></div><script>document.getElementById('root')"
    ".textContent = 'made ' + 'by script ' + 'x'.repeat(300);</script>";

}  // namespace

TEST_CASE_TEMPLATE("rendering: a browser is there, and says what it is", Browser, Piped,
                   ByWebSocket, ByWeb) {
    Chromium chromium(Browser::options({}));
    REQUIRE(chromium.why_not() == "");
    CHECK(holds(chromium.probe({}), "Chrome"));
}

TEST_CASE_TEMPLATE(
    "rendering: the text that scripts make and fetch is in the page, the page is not asked for "
    "again",
    Browser, Piped, ByWebSocket, ByWeb) {
    Site site;
    site.page("/app.js",
              "fetch('/data.json').then(r => r.json()).then(d => {"
              "document.querySelector('#app').innerHTML = "
              "`<h1>${d.title}</h1><p>${d.text}</p><p>${d.more}</p>"
              "<a href='/next'>on</a>`; });",
              "text/javascript");
    site.page("/data.json",
              R"({"title": "From data", "text": "The words came later.", "more": ")" +
                  std::string(300, '.') + R"("})",
              "application/json");
    site.page("/pixel.png", "no picture", "image/png");
    site.start();
    Chromium chromium(Browser::options({site.authority()}));
    const RenderedPage page = chromium.render(
        {}, fetched(site.url("/start?x=1"),
                    "<!doctype html><html><head><title>Empty</title></head><body><div id=app></div>"
                    "<noscript>You need JavaScript.</noscript><img src=/pixel.png>"
                    "<script src=/app.js></script></body></html>"));
    CHECK(holds(page.html, "<h1>From data</h1>"));
    CHECK(holds(page.html, "The words came later."));
    CHECK(holds(page.html, "href=\"/next\""));
    CHECK_FALSE(holds(page.html, "You need JavaScript"));
    CHECK(page.url == site.url("/start?x=1"));
    CHECK(page.bytes > 100);
    CHECK(site.asked_for("/start") == 0);
    CHECK(site.asked_for("/data.json") == 1);
    CHECK(site.asked_for("/pixel.png") == 0);
}

TEST_CASE_TEMPLATE("rendering: what comes late, stands in shadow trees or is no ASCII is read",
                   Browser, Piped, ByWebSocket, ByWeb) {
    Chromium chromium(Browser::options({}));
    const auto body_of = [&](const std::string& script, const std::string& text = filler) {
        return chromium
            .render({}, fetched("http://a.example/",
                                "<body>" + text + "<script>" + script + "</script>"))
            .html;
    };
    CHECK(holds(body_of("setTimeout(() => document.body.append('after a while'), 900)", ""),
                "after a while"));
    CHECK(holds(body_of("customElements.define('my-text', class extends HTMLElement {"
                        "connectedCallback() { this.attachShadow({mode: 'open'}).innerHTML ="
                        "'<p>in the shadow <slot></slot></p>'; } });"
                        "document.body.innerHTML += '<my-text>and in the slot</my-text>';"),
                "in the shadow <slot>and in the slot</slot>"));
    CHECK(holds(body_of("document.body.append('gr\xC3\xBC\xC3\x9F \\uD83D\\uDE00 \\uD800 x')"),
                "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80 \xEF\xBF\xBD x"));
    CHECK(holds(body_of("alert('stop'); confirm('stop'); document.body.append('went on')"),
                "went on"));
}

TEST_CASE_TEMPLATE(
    "rendering: what a page learns by redirects, posts, cookies and workers is in it", Browser,
    Piped, ByWebSocket, ByWeb) {
    Site site;
    site.page("/worker.js", "fetch('/of-worker').then(r => r.text()).then(postMessage)",
              "text/javascript");
    site.page("/of-worker", "from a worker", "text/plain");
    site.page("/arrived", "by a redirect", "text/plain");
    site.server.Get("/away", [](const auto&, auto& response) {
        response.set_redirect("/arrived");
        response.set_header("Set-Cookie", "left=behind");
    });
    site.server.Post("/echo", [](const auto& request, auto& response) {
        response.set_content(request.body + " with " + request.get_header_value("Cookie"),
                             "text/plain");
    });
    site.start();
    Chromium chromium(Browser::options({site.authority()}));
    const std::string page =
        chromium
            .render({}, fetched(site.url("/"), "<body>" + filler + R"(<script>(async () => {
                const say = (text) => document.body.append('[' + text + ']');
                say(await (await fetch('/away')).text());
                say(await (await fetch('/echo', {method: 'POST',
                    body: new Uint8Array([0x67, 0x72, 0xc3, 0xbc, 0xc3, 0x9f])})).text());
                new Worker('/worker.js').onmessage = (event) => say(event.data);
                })();</script>)"))
            .html;
    INFO(page);
    CHECK(holds(page, "[by a redirect]"));
    CHECK(holds(page, "[gr\xC3\xBC\xC3\x9F with left=behind]"));
    CHECK(holds(page, "[from a worker]"));
}

TEST_CASE_TEMPLATE("rendering: what another site keeps to itself is not read", Browser, Piped,
                   ByWebSocket, ByWeb) {
    Site site;
    Site other;
    other.page("/closed", "kept to itself", "text/plain");
    other.server.Get("/open", [](const auto&, auto& response) {
        response.set_header("Access-Control-Allow-Origin", "*");
        response.set_content("for everybody", "text/plain");
    });
    other.server.Post("/changed", [](const auto&, auto&) {});
    other.start();
    site.start();
    Chromium chromium(Browser::options({site.authority(), other.authority()}));
    const std::string page =
        chromium
            .render({}, fetched(site.url("/"), "<body>" + filler + "<script>const other = '" +
                                                   other.url("") +
                                                   R"(';(async () => {
                const read = async (path, options) => { try {
                    const text = await (await fetch(other + path, options)).text();
                    document.body.append('[' + text + ']'); } catch {} };
                await read('/closed'); await read('/open');
                await read('/changed', {method: 'POST', body: '{}',
                    headers: {'Content-Type': 'application/json'}});
                document.body.append('done'); })();</script>)"))
            .html;
    CHECK(holds(page, "done"));
    CHECK(holds(page, "[for everybody]"));
    CHECK_FALSE(holds(page, "kept to itself"));
    CHECK(other.asked_for("/closed") == 1);
}

TEST_CASE_TEMPLATE("rendering: the page is told who reads it, and keeps what it set to itself",
                   Browser, Piped, ByWebSocket, ByWeb) {
    ChromiumOptions options = Browser::options({});
    options.user_agent = "mybot/1.0";
    Chromium chromium(std::move(options));
    const auto read = [&](const std::string& script) {
        return chromium
            .render({}, fetched("http://a.example/",
                                "<body>" + filler + "<script>" + script + "</script>"))
            .html;
    };
    const std::string agent = read("document.body.append(navigator.userAgent)");
    CHECK(holds(agent, " mybot/1.0"));
    CHECK_FALSE(holds(agent, "Headless"));
    read("document.cookie = 'left=behind'; localStorage.setItem('left', 'behind')");
    const std::string seen =
        read("document.body.append('cookie: ' + document.cookie + ' ' + localStorage.length)");
    CHECK(holds(seen, "cookie:  0"));
}

TEST_CASE_TEMPLATE(
    "rendering: a script that leads to another page of the site is followed, without an end not",
    Browser, Piped, ByWebSocket, ByWeb) {
    Site site;
    site.page("/there", "<body>arrived" + filler + "</body>");
    site.page("/round", "<script>location.href = '/round?' + Math.random()</script>");
    site.start();
    ChromiumOptions options = Browser::options({site.authority()});
    options.page_time = 10s;
    Chromium chromium(std::move(options));
    const RenderedPage page = chromium.render(
        {}, fetched(site.url("/"), "<script>location.replace('/there#top')</script>"));
    CHECK(holds(page.html, "arrived"));
    CHECK(page.url == site.url("/there"));
    // It may end in any way, but it ends.
    code_of(chromium, fetched(site.url("/"), "<script>location.href = '/round'</script>"));
    CHECK(site.asked_for("/round") <= 11);
}

TEST_CASE_TEMPLATE(
    "rendering: a page that never comes to rest fails in its time, and the next one works", Browser,
    Piped, ByWebSocket, ByWeb) {
    ChromiumOptions options = Browser::options({});
    options.page_time = 3s;
    Chromium chromium(std::move(options));
    const auto start = std::chrono::steady_clock::now();
    CHECK(code_of(chromium, fetched("http://a.example/", "<script>for (;;) {}</script>")) ==
          ErrorCode::deadline_exceeded);
    CHECK(std::chrono::steady_clock::now() - start < 10s);
    CHECK(
        holds(chromium.render({}, fetched("http://a.example/", scripted)).html, "made by script"));
}

TEST_CASE_TEMPLATE("rendering: a page that asks again and again is read all the same", Browser,
                   Piped, ByWebSocket, ByWeb) {
    Site site;
    site.page("/tick", "{}", "application/json");
    site.start();
    Chromium chromium(Browser::options({site.authority()}));
    const RenderedPage page =
        chromium.render({}, fetched(site.url("/"),
                                    "<body><script>document.body.append('here');"
                                    "setInterval(() => fetch('/tick'), 20)</script>"));
    CHECK(holds(page.html, "here"));
}

TEST_CASE_TEMPLATE("rendering: a caller that stops is let go at once", Browser, Piped, ByWebSocket,
                   ByWeb) {
    Chromium chromium(Browser::options({}));
    std::stop_source stop;
    CallContext context;
    context.stop = stop.get_token();
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(300ms);
        stop.request_stop();
    });
    const auto start = std::chrono::steady_clock::now();
    CHECK(code_of(chromium, fetched("http://a.example/", "<script>for (;;) {}</script>"),
                  context) == ErrorCode::cancelled);
    CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE(
    "rendering: a browser that is killed is one page that failed; the next one starts it anew") {
    Chromium chromium(installed_chromium({}));
    chromium.render({}, fetched("http://a.example/", scripted));
    const pid_t first = chromium.group();
    REQUIRE(first > 0);
    const std::jthread killer([&] {
        std::this_thread::sleep_for(300ms);
        ::kill(-first, SIGKILL);
    });
    CHECK(code_of(chromium, fetched("http://a.example/", "<script>for (;;) {}</script>")) ==
          ErrorCode::unavailable);
    CHECK(
        holds(chromium.render({}, fetched("http://a.example/", scripted)).html, "made by script"));
    CHECK(chromium.group() != first);
}

TEST_CASE_TEMPLATE("rendering: a page that eats memory is one page that failed", Browser, Piped,
                   ByWebSocket, ByWeb) {
    ChromiumOptions options = Browser::options({});
    options.page_time = 20s;
    Chromium chromium(std::move(options));
    const std::string greedy =
        "<script>const kept = []; for (;;) kept.push(new Array(1e6).fill(Math.random()));</script>";
    CHECK(code_of(chromium, fetched("http://a.example/", greedy)) != ErrorCode::internal);
    CHECK(
        holds(chromium.render({}, fetched("http://a.example/", scripted)).html, "made by script"));
}

TEST_CASE_TEMPLATE("rendering: several pages at once are kept apart, and none is lost", Browser,
                   Piped, ByWebSocket, ByWeb) {
    Chromium chromium(Browser::options({}));
    std::vector<std::jthread> callers;
    std::array<bool, 8> right{};
    for (std::size_t i = 0; i < right.size(); ++i) {
        callers.emplace_back([&, i] {
            const std::string word = "word" + std::to_string(i);
            const RenderedPage page = chromium.render(
                {},
                fetched("http://a.example/" + word, "<body><script>document.body.append('" + word +
                                                        "' + ' and more'.repeat(50))</script>"));
            right[i] =
                holds(page.html, word + " and more") && page.url == "http://a.example/" + word;
        });
    }
    callers.clear();
    CHECK(right == std::array<bool, 8>{true, true, true, true, true, true, true, true});
}

TEST_CASE("rendering: an idle browser is ended, and started again when it is needed") {
    ChromiumOptions options = installed_chromium({});
    options.idle_time = 200ms;
    Chromium chromium(std::move(options));
    chromium.render({}, fetched("http://a.example/", scripted));
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (chromium.group() > 0 && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(10ms);
    }
    CHECK(chromium.group() == -1);
    CHECK(
        holds(chromium.render({}, fetched("http://a.example/", scripted)).html, "made by script"));
}

TEST_CASE("rendering: a program that is no browser is a sentence that names it") {
    ChromiumOptions options = installed_chromium({});
    options.program = "/bin/true";
    Chromium chromium(std::move(options));
    try {
        chromium.render({}, fetched("http://a.example/", scripted));
        FAIL("it is no browser");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::unavailable);
        CHECK(error.message().find("'/bin/true' does not start") != std::string::npos);
    }
}
