// Which pages a crawl has rendered, and what it makes of them.

#include "crawl/page_reader.hpp"
#include "crawl/site_crawler.hpp"
#include "rag/error.hpp"
#include "rag/page_renderer.hpp"
#include "support/fake_web.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace rag;
using namespace rag::crawl;
using rag::testing::FakeWeb;

namespace {

const std::string words =
    "A sentence of a page that says what it has to say without any script at all, and says it at "
    "some length so that nobody could take it for an empty shell.";

/// Pages as written down beforehand; what is not written cannot be rendered.
class FakeRenderer final : public PageRenderer {
public:
    std::string why_not() override { return problem; }
    std::string probe(const CallContext&) override { return "a fake"; }
    RenderedPage render(const CallContext&, const HttpResponse& answer) override {
        asked.push_back(answer.url);
        const auto found = pages.find(answer.url);
        if (found == pages.end()) {
            throw Error(ErrorCode::unavailable, "The browser ended by itself.");
        }
        return found->second;
    }

    void page(const std::string& url, const std::string& html) { pages[url] = {url, html, 1000}; }

    std::string problem;
    std::map<std::string, RenderedPage> pages;
    std::vector<std::string> asked;
};

struct World {
    World() {
        options.pause = [](const CallContext&, std::chrono::milliseconds) {};
        options.renderer = &renderer;
    }

    std::vector<Visit> crawl(RenderMode mode = RenderMode::automatic) {
        CrawlRequest request;
        request.url = "http://a.test/";
        request.follow_links = true;
        request.render = mode;
        SiteCrawler crawler(web, options);
        const auto source = crawler.crawl({}, request);
        std::vector<Visit> visits;
        while (auto visit = source->next({})) {
            visits.push_back(*std::move(visit));
        }
        return visits;
    }

    FakeWeb web;
    FakeRenderer renderer;
    CrawlOptions options;
};

const std::string shell =
    "<html><head><title>Shell</title><script src=/app.js></script></head><body><div id=root></div>"
    "<noscript>Please enable JavaScript.</noscript></body></html>";

bool needs_scripts(const std::string& html) {
    const HttpResponse answer{200, {{"content-type", "text/html"}}, html, "http://a.test/", false};
    return read_page(answer, *parse_url("http://a.test/"), "bot").needs_scripts;
}

}  // namespace

TEST_CASE("render: a page needs its scripts when it says nothing without them, and only then") {
    const std::string script = "<script src=/a.js></script>";
    const std::string body = "<body><main><p>" + words + "</p></main>";
    CHECK(needs_scripts(shell));
    CHECK(needs_scripts("<body>" + script + "</body>"));
    CHECK(needs_scripts("<body><div id=app>Loading...</div>" + script));
    CHECK(needs_scripts("<body><app-root></app-root><script type=module>go()</script>"));
    CHECK(needs_scripts(body + "<noscript>This needs JavaScript.</noscript>" + script));
    CHECK(needs_scripts(body + "<div id=__next><div><!-- here --></div></div>" + script));
    CHECK_FALSE(needs_scripts(body + script));
    CHECK_FALSE(needs_scripts("<body><p>Short, and without any script.</p>"));
    CHECK_FALSE(needs_scripts("<body><div id=root></div><noscript>No script here.</noscript>"));
    CHECK_FALSE(needs_scripts("<body><main><p>" + words + words + words + words + words +
                              "</p></main><div id=root></div>" + script));
    CHECK_FALSE(needs_scripts("<body><p>Short.<script type='application/ld+json'>{}</script>"));
    CHECK_FALSE(needs_scripts(body + "<noscript><img src=/count.gif></noscript>" + script));
}

TEST_CASE("render: auto renders the page that needs it, follows its links, and no other page") {
    World world;
    world.web.page("http://a.test/", shell);
    world.web.pages["http://a.test/"].headers.emplace_back("etag", "\"shell\"");
    world.web.page("http://a.test/plain", "<body><main><p>" + words + "</p></main>");
    world.renderer.page("http://a.test/", "<html><head><title>Made</title></head><body><main><p>" +
                                              words + "</p><a href=/plain>on</a></main></body>");
    const auto visits = world.crawl();
    REQUIRE(visits.size() == 2);
    CHECK(visits[0].rendering == Rendering::done);
    CHECK(visits[0].page->title == "Made");
    CHECK(visits[0].page->markdown.find("what it has to say") != std::string::npos);
    CHECK(visits[0].bytes > 1000);
    // The shell stays what it is while its data change.
    CHECK(visits[0].settled.etag == "");
    CHECK(visits[1].settled.url == "http://a.test/plain");
    CHECK(visits[1].rendering == Rendering::none);
    CHECK(world.renderer.asked == std::vector<std::string>{"http://a.test/"});
}

TEST_CASE("render: never renders nothing, always renders every page of HTML and nothing else") {
    World world;
    world.web.page("http://a.test/", "<body><main><p>" + words +
                                         "</p><a href=/shell>s</a><a href=/text>t</a></main>");
    world.web.page("http://a.test/shell", shell);
    world.web.page("http://a.test/text", words, "text/plain");
    world.renderer.page("http://a.test/", world.web.pages["http://a.test/"].body);
    world.renderer.page("http://a.test/shell", "<body><p>" + words);
    CHECK(world.crawl(RenderMode::never).size() == 3);
    CHECK(world.renderer.asked.empty());
    CHECK(world.crawl(RenderMode::always).size() == 3);
    CHECK(world.renderer.asked ==
          std::vector<std::string>{"http://a.test/", "http://a.test/shell"});
}

TEST_CASE("render: without a browser auto says which pages miss it, always is refused") {
    World world;
    world.web.page("http://a.test/", shell);
    world.renderer.problem = "No Chromium was found on PATH; install one.";
    const auto visits = world.crawl();
    REQUIRE(visits.size() == 1);
    CHECK(visits[0].rendering == Rendering::missing);
    try {
        world.crawl(RenderMode::always);
        FAIL("there is no browser");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::invalid_argument);
        CHECK(error.message().find("No Chromium was found on PATH") != std::string::npos);
        CHECK(error.message().find("use render 'auto'") != std::string::npos);
    }
    world.options.renderer = nullptr;
    CHECK(world.crawl().front().rendering == Rendering::missing);
    CHECK_THROWS_AS(world.crawl(RenderMode::always), Error);
}

TEST_CASE("render: a page that cannot be rendered fails, unless it says something of its own") {
    World world;
    world.web.page("http://a.test/", shell);
    auto visits = world.crawl();
    REQUIRE(visits.size() == 1);
    CHECK(visits[0].settled.state == FrontierState::failed);
    CHECK(visits[0].settled.error == "The browser ended by itself.");
    world.web.page("http://a.test/", "<body><p>Short.</p><script>x()</script>");
    visits = world.crawl();
    REQUIRE(visits.size() == 1);
    CHECK(visits[0].settled.state == FrontierState::done);
    CHECK(visits[0].page->markdown == "Short.\n");
    CHECK(visits[0].rendering == Rendering::none);
    CHECK(world.crawl(RenderMode::always)[0].settled.state == FrontierState::failed);
}

TEST_CASE("render: scripts that lead to another site, or ask not to be indexed, are heeded") {
    World world;
    world.web.page("http://a.test/", shell);
    world.renderer.pages["http://a.test/"] = {"http://b.test/", "<p>" + words, 0};
    auto visits = world.crawl();
    CHECK(visits.at(0).settled.state == FrontierState::failed);
    CHECK(visits.at(0).settled.error.find("another site, http://b.test/") != std::string::npos);
    world.renderer.page("http://a.test/",
                        "<head><meta name=robots content=noindex></head><p>" + words);
    visits = world.crawl();
    CHECK(visits.at(0).settled.state == FrontierState::failed);
    CHECK(visits.at(0).settled.error.find("noindex") != std::string::npos);
}

TEST_CASE("render: an analysis counts the links that scripts make where there are no others") {
    World world;
    world.web.page("http://a.test/", shell);
    world.renderer.page("http://a.test/", "<a href=/docs/one>1</a><a href=/docs/two>2</a>");
    SiteCrawler crawler(world.web, world.options);
    SiteAnalysisRequest request;
    request.base_url = "http://a.test/";
    const SiteAnalysis found = crawler.analyze({}, request);
    CHECK(found.method == "links");
    CHECK(found.total_urls == 2);
}
