#include "crawl/site_crawler.hpp"
#include "crawl/sitemap.hpp"
#include "crawl/sitemap_walk.hpp"
#include "support/fake_web.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>

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

namespace {

/// The whole text of a document is what stands in it.
class PlainDocuments final : public DocumentReader {
public:
    ReadDocument read(const CallContext&, DocumentType, std::string_view bytes) override {
        if (bytes.ends_with("broken")) {
            throw Error(ErrorCode::invalid_argument, "The PDF is damaged.");
        }
        return {std::string(bytes), "Title", {{"page_count", 2}}};
    }
};

}  // namespace

TEST_CASE("crawl: documents are pages too, and a broken one has failed with its reason") {
    FakeWeb web;
    web.page("http://a.test/", html("<a href=a.pdf>a</a><a href=b>b</a><a href=c.pdf>c</a>"));
    web.page("http://a.test/a.pdf", "%PDF-1.4 words", "application/pdf");
    web.page("http://a.test/b", "%PDF-1.4 others", "application/octet-stream");
    web.page("http://a.test/c.pdf", "%PDF-1.4 broken", "application/pdf");
    PlainDocuments documents;
    CrawlOptions options = quick();
    options.documents = &documents;
    SiteCrawler crawler(web, options);
    CrawlRequest request;
    request.url = "http://a.test/";
    request.follow_links = true;
    const auto source = crawler.crawl({}, request);
    std::vector<Page> pages;
    std::string failure;
    while (auto visit = source->next({})) {
        failure += visit->settled.error;
        if (visit->page) {
            pages.push_back(std::move(*visit->page));
        }
    }
    REQUIRE(pages.size() == 3);
    CHECK(pages[1].markdown == "%PDF-1.4 words");
    CHECK(pages[1].title == "Title");
    CHECK(pages[1].metadata.at("page_count") == 2);
    CHECK(pages[2].markdown == "%PDF-1.4 others");
    CHECK(failure == "The PDF is damaged.");
}

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

namespace {

/// An index of many sitemaps of two pages each. Notes how many pages had been taken when each was
/// asked for.
class ManySitemaps final : public HttpClient {
public:
    HttpResponse send(const CallContext&, const HttpRequest& request) override {
        const std::scoped_lock lock(mutex);
        taken_before[request.url] = taken;
        std::string body;
        if (request.url.ends_with("/index.xml")) {
            body = "<sitemapindex>";
            for (int i = 0; i < maps; ++i) {
                body += "<sitemap><loc>http://a.test/" + std::to_string(i) + ".xml</loc></sitemap>";
            }
            body += "</sitemapindex>";
        } else {
            body = "<urlset><url><loc>" + request.url + "/1</loc></url><url><loc>" + request.url +
                   "/2</loc><lastmod>2026-01-01</lastmod></url></urlset>";
        }
        return {200, {}, body, request.url, false};
    }

    static constexpr int maps = 12;
    std::mutex mutex;
    std::size_t taken = 0;
    std::map<std::string, std::size_t> taken_before;
};

std::string product_page(int number) {
    return "<html><head><title>P</title><meta property=og:type content=product>"
           "<script type=application/ld+json>{\"@type\": \"Product\", \"name\": \"P\", "
           "\"offers\": {\"price\": \"" +
           std::to_string(number) +
           "\"}}</script></head><body><main><p>Some words that make a page.</p>"
           "<table class=specifications><tr><th>Weight</th><td>2 kg</td></tr>"
           "<tr><th>Width</th><td>3 cm</td></tr><tr><th>Height</th><td>4 cm</td></tr></table>"
           "</main></body></html>";
}

}  // namespace

TEST_CASE("sitemap: pages are handed on a few sitemaps at a time, none is held") {
    ManySitemaps web;
    const CallContext context;
    std::set<std::string> urls;
    SitemapWalk walk(web, context, [&](const std::string& url, const std::string& lastmod) {
        const std::scoped_lock lock(web.mutex);
        ++web.taken;
        urls.insert(url);
        CHECK(lastmod == (url.ends_with("/2") ? "2026-01-01" : ""));
    });
    CHECK(walk.read({"http://a.test/index.xml"}));
    CHECK(walk.is_complete());
    CHECK(urls.size() == 2 * ManySitemaps::maps);
    std::size_t first_ones = 0;
    for (const auto& [url, taken] : web.taken_before) {
        first_ones += taken == 0 && !url.ends_with("/index.xml") ? 1 : 0;
    }
    CHECK(first_ones == 4);
}

TEST_CASE("analysis: what a few pages say for machines is counted, as robots.txt allows") {
    FakeWeb web;
    web.page("http://a.test/robots.txt", "User-agent: *\nDisallow: /secret", "text/plain");
    web.page("http://a.test/", html(""));
    std::string map = "<urlset><url><loc>http://a.test/secret/1</loc></url>";
    for (int i = 1; i <= 20; ++i) {
        const std::string url = "http://a.test/shop/" + std::to_string(i);
        map += "<url><loc>" + url + "</loc></url>";
        web.page(url, product_page(i));
    }
    web.page("http://a.test/about/us", html(""));
    web.page("http://a.test/sitemap.xml",
             map + "<url><loc>http://a.test/about/us</loc></url></urlset>");
    SiteCrawler crawler(web, quick());
    SiteAnalysisRequest request;
    request.base_url = "http://a.test/";
    const DataQuality found = crawler.analyze({}, request).data_quality;
    CHECK(found.pages_read == 5);
    CHECK(found.forms == std::map<std::string, std::int64_t>{
                             {"json_ld", 3}, {"open_graph", 3}, {"specifications", 3}});
    CHECK(found.page_types == std::map<std::string, std::int64_t>{{"product", 3}});
    CHECK(found.fields.at("price") == 3);
    CHECK(found.fields.at("spec.weight") == 3);
    CHECK(std::find(web.asked.begin(), web.asked.end(), "http://a.test/secret/1") ==
          web.asked.end());
}

TEST_CASE("crawl: a page that names its text as Markdown is taken from there") {
    FakeWeb web;
    const std::string head =
        "<html><head><title>T</title><link rel=alternate "
        "type=text/markdown href=";
    web.page("http://a.test/", head +
                                   "/index.md></head><body><main><p>Some words that make a "
                                   "page.</p><a href=/index.md>text</a><a href=/b>b</a></main>"
                                   "</body></html>");
    web.page("http://a.test/index.md", "# T\n\nSome words that make a page, *as written*.\n",
             "text/markdown");
    web.page("http://a.test/b", head +
                                    "/b.md></head><body><main><p>Other words that make another "
                                    "page.</p></main></body></html>");
    CrawlRequest request;
    request.url = "http://a.test/";
    request.follow_links = true;
    const auto pages = crawl_all(web, request);
    REQUIRE(pages.size() == 2);
    CHECK(pages[0].url == "http://a.test/");
    CHECK(pages[0].markdown.find("*as written*") != std::string::npos);
    CHECK(pages[1].markdown.find("Other words") != std::string::npos);
    CHECK(std::count(web.asked.begin(), web.asked.end(), "http://a.test/index.md") == 1);
}

TEST_CASE("crawl: it ends at its bounds of bytes and of time") {
    for (const bool by_bytes : {true, false}) {
        FakeWeb web;
        for (int i = 0; i < 20; ++i) {
            web.page("http://a.test/" + std::to_string(i),
                     html("<a href=/" + std::to_string(i + 1) + ">on</a>"));
        }
        std::string links;
        for (int i = 0; i < 20; ++i) {
            links += "<a href=/" + std::to_string(i) + ">x</a>";
        }
        web.page("http://a.test/", html(links));
        CrawlOptions options = quick();
        if (by_bytes) {
            options.bytes_max = static_cast<std::int64_t>(html(links).size()) + 1;
        } else {
            options.time_max = std::chrono::hours(0);
        }
        SiteCrawler crawler(web, options);
        CrawlRequest request;
        request.url = "http://a.test/";
        request.follow_links = true;
        const auto source = crawler.crawl({}, request);
        int visits = 0;
        while (source->next({})) {
            ++visits;
        }
        CHECK(visits == (by_bytes ? 2 : 0));
    }
}

TEST_CASE("crawl: what is no page is said to be none and not stored") {
    FakeWeb web;
    web.page("http://a.test/", "not a film", "video/mp4");
    SiteCrawler crawler(web, quick());
    CrawlRequest request;
    request.url = "http://a.test/";
    const auto visit = crawler.crawl({}, request)->next({});
    REQUIRE(visit);
    CHECK_FALSE(visit->page);
    CHECK(visit->settled.state == FrontierState::failed);
    CHECK(visit->settled.error.find("video/mp4") != std::string::npos);
}

TEST_CASE("sitemap: one that is packed with gzip is read") {
    // As gzip -n writes '<urlset><url><loc>http://a.test/z</loc></url></urlset>'.
    const std::string packed(
        "\037\213\010\000\000\000\000\000\002\377\263\051\055\312\051\116\055\261"
        "\263\001\322\166\066\071\371\311\166\031\045\045\005\126\372\372\211\172"
        "\045\251\305\045\372\125\066\372\040\101\033\175\260\274\076\124\065\000"
        "\230\336\170\123\066\000\000\000",
        62);
    const Sitemap map = read_sitemap(packed);
    REQUIRE(map.entries.size() == 1);
    CHECK(map.entries[0].url == "http://a.test/z");
    CHECK(read_sitemap(packed.substr(0, packed.size() / 2)).entries.size() <= 1);
}
