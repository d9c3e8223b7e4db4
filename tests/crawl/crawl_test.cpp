#include "crawl/site_crawler.hpp"
#include "crawl/sitemap.hpp"
#include "support/fake_web.hpp"

#include <doctest/doctest.h>

using namespace rag;
using namespace rag::crawl;
using rag::testing::FakeWeb;

namespace {

std::string html(const std::string& links) {
    return "<html lang=en><head><title>T</title></head><body><main><p>Some words that make a "
           "page.</p>" +
           links + "</main></body></html>";
}

CrawlOptions quick() {
    CrawlOptions options;
    options.pause = [](const CallContext&, std::chrono::milliseconds) {};
    return options;
}

std::vector<Page> crawl_all(FakeWeb& web, const CrawlRequest& request) {
    SiteCrawler crawler(web, quick());
    const auto source = crawler.crawl({}, request);
    std::vector<Page> pages;
    while (auto visit = source->next({})) {
        if (visit->page) {
            pages.push_back(std::move(*visit->page));
        }
    }
    return pages;
}

}  // namespace

TEST_CASE("crawl: breadth first, with true depth and parent, within the site and robots.txt") {
    FakeWeb web;
    web.page("http://a.test/robots.txt", "User-agent: *\nDisallow: /no", "text/plain");
    web.page("http://a.test/", html("<a href=b>b</a><a href=/no>n</a><a href=//x.test/>x</a>"));
    web.page("http://a.test/b", html("<a href=/c>c</a><a href=/#top>home</a>"));
    web.page("http://a.test/c", html("<a href=/d>d</a>"));
    CrawlRequest request;
    request.url = "http://a.test";
    request.follow_links = true;
    request.max_depth = 2;
    const auto pages = crawl_all(web, request);
    REQUIRE(pages.size() == 3);
    CHECK(pages[1].url == "http://a.test/b");
    CHECK(pages[2].depth == 2);
    CHECK(pages[2].parent_url == "http://a.test/b");
    CHECK(pages[2].metadata.at("crawl_root_url") == "http://a.test/");
    CHECK_FALSE(pages[0].metadata.contains("parent_url"));
    for (const std::string& url : web.asked) {
        CHECK(url != "http://a.test/no");
        CHECK(url != "http://x.test/");
    }
}

TEST_CASE("crawl: a robots.txt that fails ends the crawl") {
    FakeWeb web;
    web.pages["http://a.test/robots.txt"] = {503, {}, "", "http://a.test/robots.txt", false};
    CrawlRequest request;
    request.url = "http://a.test/";
    CHECK_THROWS_AS(crawl_all(web, request), Error);
}

TEST_CASE("sitemap: entries are read, entities of a document type are not") {
    const Sitemap map = read_sitemap(
        "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><urlset><url><loc> "
        "http://a/?x=1&amp;y=2 </loc></url><url><loc><![CDATA[http://a/b]]></loc></url>"
        "<url><loc>&e;</loc></url></urlset>");
    REQUIRE(map.entries.size() == 3);
    CHECK(map.entries[0].url == "http://a/?x=1&y=2");
    CHECK(map.entries[1].url == "http://a/b");
    CHECK(map.entries[2].url == "&e;");
    CHECK_FALSE(read_sitemap("<html><loc>http://a/</loc></html>").is_sitemap);
}

TEST_CASE("analysis: sitemaps through an index, else links, else not found") {
    FakeWeb web;
    SiteCrawler crawler(web, quick());
    SiteAnalysisRequest request;
    request.base_url = "http://a.test/";
    CHECK(crawler.analyze({}, request).method == "not_found");
    web.page("http://a.test/", html("<a href=/x/1>1</a>"));
    CHECK(crawler.analyze({}, request).method == "links");
    web.page("http://a.test/sitemap.xml",
             "<sitemapindex><sitemap><loc>http://a.test/s.xml</loc></sitemap></sitemapindex>");
    web.page("http://a.test/s.xml",
             "<urlset><url><loc>http://a.test/docs/a/b</loc></url><url>"
             "<loc>http://a.test/docs/a</loc></url><url><loc>http://a.test/</loc></url></urlset>");
    const SiteAnalysis found = crawler.analyze({}, request);
    CHECK(found.method == "sitemap");
    CHECK(found.total_urls == 3);
    REQUIRE(found.patterns.size() == 2);
    CHECK(found.patterns[0].first == "/docs");
    CHECK(found.patterns[0].second.average_depth == doctest::Approx(2.5));
    CHECK(found.patterns[0].second.example_urls.front() == "http://a.test/docs/a");
}
