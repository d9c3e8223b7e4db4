#include "crawl/fetcher.hpp"
#include "crawl/page_reader.hpp"
#include "crawl/same_site.hpp"
#include "crawl/scope.hpp"
#include "crawl/simulated_web.hpp"
#include "crawl/site_crawler.hpp"
#include "crawl/sitemap.hpp"
#include "crawl/traps.hpp"
#include "rag/error.hpp"
#include "support/fake_web.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

using namespace rag;
using namespace rag::crawl;
using rag::testing::FakeWeb;
using rag::testing::SimulatedClock;

namespace {

std::string html(const std::string& inside, const std::string& head = "") {
    return "<html><head><title>T</title>" + head +
           "</head><body><main><p>Some words that make a "
           "page.</p>" +
           inside + "</main></body></html>";
}

/// A crawl with its visits by URL, and the time that it took.
struct Crawled {
    std::map<std::string, Visit> visits;
    std::chrono::milliseconds waited{0};
};

Crawled crawl_site(FakeWeb& web, CrawlRequest request) {
    Crawled crawled;
    SimulatedClock clock;
    CrawlOptions options;
    options.clock = &clock;
    options.pause = [&](const CallContext&, std::chrono::milliseconds time) {
        clock.pass(time);
        crawled.waited += time;
    };
    if (request.url.empty()) {
        request.url = "http://a.test/";
    }
    request.follow_links = true;
    request.max_depth = 3;
    SiteCrawler crawler(web, options);
    const auto source = crawler.crawl({}, request);
    while (auto visit = source->next({})) {
        crawled.visits[visit->settled.url] = *visit;
    }
    return crawled;
}

std::int64_t times_asked(const FakeWeb& web, const std::string& url) {
    return std::count(web.asked.begin(), web.asked.end(), url);
}

}  // namespace

TEST_CASE("same site: the registered domain counts, not how the name ends") {
    CHECK(site_of("docs.example.org") == "example.org");
    CHECK(site_of("example.org") == "example.org");
    CHECK(site_of("a.b.example.co.uk") == "example.co.uk");
    CHECK(site_of("notexample.org") != site_of("example.org"));
    CHECK(site_of("alice.github.io") != site_of("bob.github.io"));
    CHECK(site_of("127.0.0.1") != site_of("10.0.0.1"));
    CHECK(site_of("::1") == "::1");
    CHECK(site_of("localhost") == "localhost");
}

TEST_CASE("scope: subdomains belong to the site, other ports and look-alikes do not") {
    const Scope scope{*parse_url("https://docs.example.org/start"), {"/d*"}, {"*/old/*"}};
    CHECK(scope.takes(*parse_url("https://www.example.org/docs")));
    CHECK(scope.takes(*parse_url("http://example.org/d")));
    CHECK_FALSE(scope.takes(*parse_url("https://docs.example.org:8443/docs")));
    CHECK_FALSE(scope.takes(*parse_url("https://docs.example.org.evil.net/docs")));
    CHECK_FALSE(scope.takes(*parse_url("https://docs.example.org/docs/old/x")));
    CHECK_FALSE(scope.takes(*parse_url("https://docs.example.org/other")));
}

TEST_CASE("manners: a redirect is followed hop by hop, within the site and robots.txt") {
    FakeWeb web;
    web.page("http://a.test/robots.txt", "User-agent: *\nDisallow: /secret", "text/plain");
    web.page("http://a.test/", html("<a href=/old>o</a><a href=/out>x</a><a href=/in>i</a>"
                                    "<a href=/loop>l</a>"));
    const auto moves = [&](const std::string& from, const std::string& to) {
        web.pages[from] = {301, {{"location", to}}, "", from, false};
    };
    moves("http://a.test/old", "/new");
    moves("http://a.test/out", "http://else.test/");
    moves("http://a.test/in", "/secret");
    moves("http://a.test/loop", "/loop");
    web.page("http://a.test/new", html("new"));
    const auto crawled = crawl_site(web, {});
    CHECK(crawled.visits.at("http://a.test/old").settled.state == FrontierState::moved);
    CHECK(crawled.visits.at("http://a.test/new").settled.state == FrontierState::done);
    CHECK(crawled.visits.at("http://a.test/new").settled.parent == "http://a.test/");
    CHECK(crawled.visits.at("http://a.test/out").settled.state == FrontierState::failed);
    CHECK(crawled.visits.at("http://a.test/secret").settled.state == FrontierState::forbidden);
    CHECK(times_asked(web, "http://else.test/") == 0);
    CHECK(times_asked(web, "http://a.test/secret") == 0);
    CHECK(times_asked(web, "http://a.test/loop") == 1);
}

TEST_CASE("manners: where the start page moves to another site, that one is crawled") {
    FakeWeb web;
    web.pages["http://a.test/"] = {301, {{"location", "http://b.example/"}}, "", "", false};
    web.page("http://b.example/", html("<a href=/x>x</a>"));
    web.page("http://b.example/x", html("x"));
    const auto crawled = crawl_site(web, {});
    CHECK(crawled.visits.at("http://b.example/").settled.depth == 0);
    CHECK(crawled.visits.at("http://b.example/x").settled.state == FrontierState::done);
}

TEST_CASE("manners: orders of robots meta and X-Robots-Tag hold") {
    FakeWeb web;
    web.page("http://a.test/", html("<a href=/hidden>h</a><a rel='x nofollow' href=/no>n</a>"
                                    "<a href=/tag>t</a><a href=/image>i</a>"));
    web.page("http://a.test/hidden",
             html("<a href=/behind>b</a>", "<meta name=robots content='NoIndex, nofollow'>"));
    web.page("http://a.test/tag", html("<a href=/behind2>b</a>"));
    web.pages["http://a.test/tag"].headers.emplace_back("x-robots-tag", "otherbot: none");
    web.pages["http://a.test/tag"].headers.emplace_back("x-robots-tag", "rag-memory: noindex");
    web.page("http://a.test/image", html("", "<meta name=robots content=max-image-preview:none>"));
    web.page("http://a.test/behind2", html("b"));
    const auto crawled = crawl_site(web, {});
    CHECK_FALSE(crawled.visits.at("http://a.test/hidden").page);
    CHECK_FALSE(crawled.visits.at("http://a.test/tag").page);
    CHECK(crawled.visits.at("http://a.test/image").page);
    CHECK(crawled.visits.at("http://a.test/behind2").page);
    CHECK_FALSE(crawled.visits.contains("http://a.test/behind"));
    CHECK_FALSE(crawled.visits.contains("http://a.test/no"));
}

TEST_CASE("manners: a copy is taken for the original that it names, unless that is there") {
    FakeWeb web;
    web.page("http://a.test/", html("<a href='/p?ref=1'>1</a><a href='/p?ref=2'>2</a>"));
    const std::string head = "<link rel=canonical href=/p>";
    web.page("http://a.test/p?ref=1", html("<a href=q>q</a>", head));
    web.page("http://a.test/p?ref=2", html("", head));
    web.page("http://a.test/p", html("", head));
    web.page("http://a.test/q", html(""));
    const auto crawled = crawl_site(web, {});
    REQUIRE(crawled.visits.contains("http://a.test/p"));
    CHECK(crawled.visits.at("http://a.test/p").page->url == "http://a.test/p");
    CHECK(crawled.visits.at("http://a.test/q").settled.parent == "http://a.test/p");
    CHECK(times_asked(web, "http://a.test/p") == 0);
    CHECK(crawled.visits.at("http://a.test/p?ref=2").page);
}

TEST_CASE("manners: a host that says that it is too much is asked when it says, then left alone") {
    FakeWeb web;
    std::string links;
    for (int i = 0; i < 9; ++i) {
        const std::string path = "/" + std::to_string(i);
        links += "<a href=" + path + ">x</a>";
        web.pages["http://a.test" + path] = {429, {{"retry-after", "7"}}, "", "", false};
    }
    web.page("http://a.test/", html(links));
    const auto crawled = crawl_site(web, {});
    CHECK(crawled.visits.size() == 10);
    CHECK(crawled.waited >= std::chrono::seconds(6 * 7));
    CHECK(times_asked(web, "http://a.test/0") == 3);
    CHECK(times_asked(web, "http://a.test/8") == 0);
    CHECK(crawled.visits.at("http://a.test/8").settled.state == FrontierState::failed);
}

namespace {

/// Holds each answer back until enough requests are on their way at once.
class CrowdedWeb final : public HttpClient {
public:
    explicit CrowdedWeb(std::size_t wanted) : wanted_(wanted) {}

    HttpResponse send(const CallContext& context, const HttpRequest& request) override {
        const Url url = *parse_url(request.url);
        if (url.path == "/robots.txt") {
            return {200, {}, robots, request.url, false};
        }
        std::unique_lock lock(mutex_);
        most_of_host[url.host] = std::max(most_of_host[url.host], ++active_[url.host]);
        most = std::max(most, ++all_);
        changed_.notify_all();
        if (url.path != "/") {
            changed_.wait_for(lock, context.stop, std::chrono::seconds(10),
                              [&] { return most >= wanted_; });
        }
        --active_[url.host];
        --all_;
        context.check();
        return {200,
                {{"content-type", "text/html"}},
                html(url.path == "/" ? links : ""),
                request.url,
                false};
    }

    std::string robots;
    std::string links;
    std::size_t most = 0;
    std::map<std::string, std::size_t> most_of_host;

private:
    const std::size_t wanted_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<std::string, std::size_t> active_;
    std::size_t all_ = 0;
};

void crawl_crowded(CrowdedWeb& web) {
    for (int i = 0; i < 6; ++i) {
        const std::string path = '/' + std::to_string(i);
        web.links +=
            "<a href=http://a.test" + path + ">x</a><a href=http://b.a.test" + path + ">x</a>";
    }
    SimulatedClock clock;
    CrawlOptions options;
    options.clock = &clock;
    options.pause = [&](const CallContext&, std::chrono::milliseconds time) { clock.pass(time); };
    options.fetches_at_once = 8;
    options.fetches_per_host = 2;
    SiteCrawler crawler(web, options);
    CrawlRequest request;
    request.url = "http://a.test/";
    request.follow_links = true;
    const auto source = crawler.crawl({}, request);
    std::vector<std::string> order;
    while (const auto visit = source->next({})) {
        order.push_back(visit->settled.url);
    }
    REQUIRE(order.size() == 13);
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(order[1 + 2 * i] == "http://a.test/" + std::to_string(i));
        CHECK(order[2 + 2 * i] == "http://b.a.test/" + std::to_string(i));
    }
}

}  // namespace

TEST_CASE("manners: hosts are asked at once, each for no more pages than may be, in order") {
    CrowdedWeb web(4);
    crawl_crowded(web);
    CHECK(web.most == 4);
    CHECK(web.most_of_host["a.test"] == 2);
    CHECK(web.most_of_host["b.a.test"] == 2);
}

TEST_CASE("manners: a host that asks for a delay is asked for one page after the other") {
    CrowdedWeb web(2);
    web.robots = "User-agent: *\nCrawl-delay: 0.5";
    crawl_crowded(web);
    CHECK(web.most == 2);
    CHECK(web.most_of_host["a.test"] == 1);
    CHECK(web.most_of_host["b.a.test"] == 1);
}

TEST_CASE("manners: a stop ends all that is on its way") {
    CrowdedWeb web(100);
    for (int i = 0; i < 6; ++i) {
        web.links += "<a href=/" + std::to_string(i) + ">x</a>";
    }
    CrawlOptions options;
    options.delay = std::chrono::milliseconds(0);
    options.fetches_at_once = 4;
    options.fetches_per_host = 4;
    SiteCrawler crawler(web, options);
    CrawlRequest request;
    request.url = "http://a.test/";
    request.follow_links = true;
    std::stop_source stop;
    CallContext context;
    context.stop = stop.get_token();
    const auto source = crawler.crawl(context, request);
    CHECK(source->next(context)->settled.state == FrontierState::done);
    std::jthread stopper([&] { stop.request_stop(); });
    const auto begun = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(
        [&] {
            while (source->next(context)) {
            }
        }(),
        Error);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(8));
}

TEST_CASE("manners: Retry-After in seconds and as a date") {
    const Timestamp now = *read_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(read_retry_after("120", now) == std::chrono::seconds(120));
    CHECK(read_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now) == std::chrono::seconds(60));
    CHECK(read_retry_after("Sun, 06 Nov 1994 08:40:37 GMT", now) == std::chrono::seconds(0));
    CHECK_FALSE(read_retry_after("soon", now));
    CHECK_FALSE(read_http_date("Sun, 06 Foo 1994 08:49:37 GMT"));
}

TEST_CASE("manners: a subdomain whose robots.txt cannot be had is left out, the rest is not") {
    FakeWeb web;
    web.page("http://a.test/", html("<a href=http://b.a.test/x>x</a><a href=/y>y</a>"));
    web.pages["http://b.a.test/robots.txt"] = {500, {}, "", "", false};
    web.page("http://b.a.test/x", html(""));
    web.page("http://a.test/y", html(""));
    const auto crawled = crawl_site(web, {});
    CHECK(crawled.visits.at("http://b.a.test/x").settled.state == FrontierState::failed);
    CHECK(times_asked(web, "http://b.a.test/x") == 0);
    CHECK(times_asked(web, "http://b.a.test/robots.txt") == 1);
    CHECK(crawled.visits.at("http://a.test/y").page);
}

TEST_CASE("robots: the name counts without its version; no pause is a pause of none") {
    CHECK_FALSE(Robots("User-agent: RAG-Memory/2.0\nDisallow: /", "rag-memory").allows("/x"));
    CHECK(Robots("User-agent: *\nCrawl-delay: 0", "rag-memory").crawl_delay() ==
          std::chrono::milliseconds(0));
    CHECK_FALSE(Robots("User-agent: *\nCrawl-delay: soon", "rag-memory").crawl_delay());
}

TEST_CASE("traps: calendars, facets, sessions and repeating paths end") {
    Traps traps;
    const auto count = [&](const std::string& before, const std::string& after) {
        int taken = 0;
        for (int i = 0; i < 1000; ++i) {
            taken += traps.take(*parse_url(before + std::to_string(i) + after)) ? 1 : 0;
        }
        return taken;
    };
    CHECK(count("http://a.test/cal?month=", "") == 100);
    CHECK(count("http://a.test/events/2024-11-", "") == 100);
    CHECK(count("http://a.test/shop?size=1&color=", "") == 200);
    CHECK(count("http://a.test/2024/11/", "") == 100 + 900);
    CHECK(count("http://a.test/section/3/", "") == 1000);
    CHECK(count("http://a.test/list?start=", "") == 1000);
    CHECK(count("http://a.test/product?id=", "") == 1000);
    CHECK(count("http://a.test/blog/2024/05/", "-a-post") == 1000);
    CHECK_FALSE(traps.take(*parse_url("http://a.test/a/b/a/b/a/b/a/b")));
    CHECK_FALSE(traps.take(*parse_url("http://a.test/" + std::string(3000, 'x'))));
    const auto bare = [](const std::string& url) {
        return without_visitor_marks(*parse_url(url)).text();
    };
    CHECK(bare("http://a.test/x;jsessionid=AF12?b=1&utm_source=n&PHPSESSID=9") ==
          "http://a.test/x?b=1");
    CHECK(bare("http://a.test/x?sid=3") == "http://a.test/x?sid=3");
    CHECK(bare("http://a.test/x?sid=0123456789abcdef0123456789") == "http://a.test/x");
}

TEST_CASE("markdown: links outside of code lead on, as those of llms.txt") {
    CHECK(markdown_links("# A\n- [x](/x.md): text, [y](<b c>)\n```\n[no](/no)\n```\n"
                         "[ref]: https://a/ref \"T\"\nSee <https://a/auto>.") ==
          std::vector<std::string>{"/x.md", "b", "https://a/ref", "https://a/auto"});
    FakeWeb web;
    web.page("http://a.test/llms.txt", "# Site\n\n- [Guide](/guide.md): how\n", "text/plain");
    web.page("http://a.test/guide.md", "# Guide\n\nWords. [more](more.md)\n", "text/markdown");
    web.page("http://a.test/more.md", "# More\n\nWords.\n", "text/markdown");
    CrawlRequest request;
    request.url = "http://a.test/llms.txt";
    const auto crawled = crawl_site(web, request);
    CHECK(crawled.visits.at("http://a.test/guide.md").page);
    CHECK(crawled.visits.at("http://a.test/more.md").settled.depth == 2);
}

TEST_CASE("sitemap: lastmod is read with its zone, a day counts whole") {
    CHECK(end_of_lastmod("2024-03-01") == end_of_lastmod("2024-03-01T23:59:59.999Z"));
    CHECK(end_of_lastmod("2024-03-01T12:00:00+02:00") == end_of_lastmod("2024-03-01T10:00:00Z"));
    CHECK_FALSE(end_of_lastmod("yesterday"));
    const Sitemap map = read_sitemap(
        "<urlset><url><lastmod>2024-03-01</lastmod><loc>http://a/1</loc></url>"
        "<url><loc>http://a/2</loc></url></urlset>");
    REQUIRE(map.entries.size() == 2);
    CHECK(map.entries[0].lastmod == "2024-03-01");
    CHECK(map.entries[1].lastmod.empty());
    CHECK(read_sitemap("http://a/1\nhttp://a/2\n").entries.size() == 2);
    CHECK_FALSE(read_sitemap("http://a/1\nand words\n").is_sitemap);
}

TEST_CASE("a second crawl asks for nothing that the sitemap says is old, but for the start page") {
    FakeWeb web;
    std::string links;
    std::string sitemap = "<urlset>";
    CrawlRequest request;
    request.links_hold = true;
    request.ask_for_unlinked = true;
    for (int i = 0; i < 20; ++i) {
        const std::string url = "http://a.test/" + std::to_string(i);
        links += "<a href=" + url + ">x</a>";
        sitemap += "<url><loc>" + url + "</loc><lastmod>" + (i == 3 ? "2035-01-01" : "2020-01-01") +
                   "</lastmod></url>";
        web.page(url, html("x"));
        FrontierPage page;
        page.url = url;
        page.depth = 1;
        page.place = i + 1;
        page.parent = "http://a.test/";
        page.document = i + 100;
        page.current = false;
        page.checked_at = Timestamp{std::chrono::milliseconds{1'650'000'000'000}};
        request.known.push_back(page);
    }
    web.page("http://a.test/", html(links));
    web.page("http://a.test/sitemap.xml", sitemap + "</urlset>");
    const auto crawled = crawl_site(web, request);
    CHECK(crawled.visits.size() == 21);
    CHECK(times_asked(web, "http://a.test/") == 1);
    CHECK(times_asked(web, "http://a.test/3") == 1);
    CHECK(times_asked(web, "http://a.test/4") == 0);
    CHECK(crawled.visits.at("http://a.test/4").settled.state == FrontierState::done);
    CHECK(crawled.visits.at("http://a.test/4").settled.document == 104);
}
