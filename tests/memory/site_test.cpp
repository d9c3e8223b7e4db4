#include "memory/world.hpp"

#include <algorithm>
#include <map>

using namespace rag;
using memory::CrawlMode;
using rag::test::error_of;
using rag::test::holds;
using rag::test::World;

namespace {

const std::string site = "http://site.example/";

struct SiteWorld : World {
    SiteWorld() {
        web.pages[site] = {200, "Welcome to the harbour.", "Home", {site + "a", site + "b"}};
        web.pages[site + "a"] = {200, "Page about anchors.", "Anchors", {}};
        web.pages[site + "b"] = {200, "Page about bridges.", "", {}};
    }
    memory::CrawlReport crawl(CrawlMode mode = CrawlMode::crawl, bool follow = true) {
        memory::IngestUrl request;
        request.url = "HTTP://site.example:80/#top";
        request.collection = "c";
        request.mode = mode;
        request.follow_links = follow;
        request.include_document_ids = true;
        return memory().ingest_url(context, request);
    }
    std::int64_t documents() { return memory().list_documents(context, {}).total_count; }
};

}  // namespace

TEST_CASE("ingest_url: a crawl stores each page with the crawl's metadata") {
    SiteWorld world;
    const auto report = world.crawl();
    CHECK(report.pages_crawled == 3);
    CHECK(report.pages_ingested == 3);
    CHECK(report.total_chunks == 3);
    CHECK(report.document_ids->size() == 3);
    CHECK(report.crawl_root_url == site);
    CHECK(report.crawl_session_id.size() == 36);
    const auto hit = world.find("anchors", 1).hits.at(0);
    CHECK(hit.filename == "Anchors");
    CHECK(hit.source_url == site + "a");
    CHECK(hit.metadata.at("crawl_depth") == 1);
    CHECK(hit.metadata.at("parent_url") == site);
    CHECK(hit.metadata.at("content_type") == "web_page");
    CHECK(hit.metadata.at("crawl_session_id") == report.crawl_session_id);
    CHECK(world.find("bridges", 1).hits.at(0).filename == site + "b");
}

TEST_CASE("ingest_url: a site that is there already is an error that says how to go on") {
    SiteWorld world;
    world.crawl();
    const std::string sentence = error_of([&] { world.crawl(); });
    CHECK(holds(sentence, "has already been crawled into collection 'c'"));
    CHECK(holds(sentence, "3 pages, 3 chunks, at 20"));
    CHECK(holds(sentence, "use mode='recrawl'"));
    CHECK(world.memory().list_documents(world.context, {}).total_count == 3);
    CHECK(holds(error_of([&] { world.crawl(); }), "already"));
}

TEST_CASE(
    "ingest_url: a recrawl updates what changed, keeps the rest and lets go of what is gone") {
    SiteWorld world;
    const auto first = world.crawl();
    world.web.pages[site].links = {site + "a"};
    world.web.pages[site + "a"].markdown = "Page about anchors and chains.";
    world.web.pages[site + "b"].status = 410;
    const auto report = world.crawl(CrawlMode::recrawl);
    CHECK(report.pages_crawled == 2);
    CHECK(report.pages_unchanged == 1);
    CHECK(report.pages_ingested == 2);
    CHECK(report.old_pages_deleted == 1);
    CHECK(report.pages_failed == 0);
    CHECK(report.crawl_session_id != first.crawl_session_id);
    CHECK(world.documents() == 2);
    const auto home = world.find("harbour", 1).hits.at(0);
    CHECK(home.document_id == first.document_ids->at(0));
    CHECK(home.metadata.at("crawl_session_id") == report.crawl_session_id);
}

TEST_CASE("ingest_url: a page that no link leads to any more is asked for; unreachable ones stay") {
    SiteWorld world;
    world.crawl();
    world.web.pages[site].links = {};
    world.web.pages[site + "b"].status = 503;
    const auto report = world.crawl(CrawlMode::recrawl);
    CHECK(report.pages_crawled == 2);
    CHECK(report.pages_failed == 1);
    CHECK(report.old_pages_deleted == 0);
    CHECK(world.documents() == 3);
    world.web.pages[site + "a"].status = 404;
    const auto narrow = world.crawl(CrawlMode::recrawl, false);
    CHECK(narrow.pages_crawled == 1);
    CHECK(narrow.old_pages_deleted == 0);
    CHECK(world.documents() == 3);
}

TEST_CASE("ingest_url: a page whose writing failed is not found unchanged by the next crawl") {
    SiteWorld world;
    world.web.has_validators = true;
    world.crawl();
    world.web.pages[site + "a"].markdown = "Page about anchors and chains.";
    world.embedder.before_each = [] {
        throw Error(ErrorCode::unavailable, "A fault was played.");
    };
    CHECK(world.crawl(CrawlMode::recrawl).pages_failed == 1);
    world.embedder.before_each = {};
    const auto mended = world.crawl(CrawlMode::recrawl);
    CHECK(mended.pages_failed == 0);
    CHECK(mended.pages_unchanged == 2);
    CHECK(holds(world.find("chains", 1).hits.at(0).chunk.content, "anchors and chains"));
}

TEST_CASE("ingest_url: when nothing can be fetched nothing is changed") {
    SiteWorld world;
    world.crawl();
    for (auto& [url, page] : world.web.pages) {
        page.status = 503;
    }
    CHECK(holds(error_of([&] { world.crawl(CrawlMode::recrawl); }), "503"));
    CHECK(world.documents() == 3);
    CHECK(holds(error_of([&] { world.crawl(); }), "use mode='recrawl'"));
    SiteWorld fresh;
    fresh.web.pages.clear();
    CHECK(holds(error_of([&] { fresh.crawl(); }), "Nothing could be fetched"));
    CHECK(fresh.documents() == 0);
}

TEST_CASE("ingest_url: a page of two crawls goes when the last lets go") {
    SiteWorld world;
    world.web.pages["http://site.example/b-root"] = {200, "Another root.", "R", {site + "b"}};
    world.crawl();
    memory::IngestUrl other;
    other.url = "http://site.example/b-root";
    other.collection = "c";
    other.follow_links = true;
    world.memory().ingest_url(world.context, other);
    CHECK(world.documents() == 4);
    world.web.pages[site + "b"].status = 404;
    CHECK(world.crawl(CrawlMode::recrawl).old_pages_deleted == 1);
    CHECK(world.documents() == 4);
    other.mode = CrawlMode::recrawl;
    CHECK(world.memory().ingest_url(world.context, other).old_pages_deleted == 1);
    CHECK(world.documents() == 3);
}

TEST_CASE("ingest_url: a crawl that was cancelled is taken up by the same call") {
    SiteWorld world;
    std::stop_source stop;
    world.context.stop = stop.get_token();
    world.web.before_page = [&](const std::string& url) {
        if (url == site + "a") {
            stop.request_stop();
            world.context.check();
        }
    };
    CHECK(!error_of([&] { world.crawl(); }).empty());
    world.context.stop = {};
    std::vector<std::string> asked;
    world.web.before_page = [&](const std::string& url) { asked.push_back(url); };
    CHECK(world.documents() == 1);
    const auto report = world.crawl();
    CHECK(asked == std::vector<std::string>{site + "a", site + "b"});
    CHECK(report.pages_crawled == 3);
    CHECK(report.pages_ingested == 3);
    CHECK(report.pages_unchanged == 0);
    CHECK(report.total_chunks == 3);
    CHECK(report.document_ids->size() == 3);
    CHECK(holds(error_of([&] { world.crawl(); }), "already"));
}

TEST_CASE("ingest_url: pages of the same main content are stored once") {
    SiteWorld world;
    world.web.pages[site].links.push_back(site + "copy");
    world.web.pages[site + "copy"] = {200, "Page about anchors.", "Copy", {}};
    const auto report = world.crawl();
    CHECK(report.pages_crawled == 4);
    CHECK(report.pages_folded == 1);
    CHECK(report.pages_ingested == 3);
    CHECK(world.documents() == 3);
    const auto again = world.crawl(CrawlMode::recrawl);
    CHECK(again.pages_folded == 1);
    CHECK(again.pages_unchanged == 3);
    CHECK(world.documents() == 3);
    world.web.pages[site + "copy"].markdown = "Page about oars.";
    CHECK(world.crawl(CrawlMode::recrawl).pages_folded == 0);
    CHECK(world.documents() == 4);
    CHECK(world.find("anchors", 1).hits.at(0).source_url == site + "a");
    world.web.pages[site + "a"].markdown = "Page about oars.";
    CHECK(world.crawl(CrawlMode::recrawl).pages_folded == 1);
    CHECK(world.documents() == 3);
}

TEST_CASE("ingest_url: what most pages repeat is left out, also of those that came first") {
    SiteWorld world;
    const auto text = [](int number) {
        return "Own text of page " + std::to_string(number) + ".\n\nSubscribe to our newsletter!\n";
    };
    world.web.pages[site].links.clear();
    for (int i = 0; i < 12; ++i) {
        const std::string url = site + std::to_string(i);
        world.web.pages[site].links.push_back(url);
        world.web.pages[url] = {200, text(i), "P" + std::to_string(i), {}};
    }
    const auto report = world.crawl();
    CHECK(report.pages_ingested == 13);
    memory::ListDocuments all;
    all.limit = 200;
    for (const DocumentSummary& document :
         world.memory().list_documents(world.context, all).documents) {
        memory::GetDocument request;
        request.document_id = document.id;
        const auto view = world.memory().get_document(world.context, request);
        CHECK_FALSE(holds(view.document.content, "newsletter"));
    }
    const auto again = world.crawl(CrawlMode::recrawl);
    CHECK(again.pages_unchanged == 13);
    CHECK(again.total_chunks == report.total_chunks);
}

TEST_CASE("ingest_url: wherever a crawl dies, the next one ends as an unbroken one does") {
    for (int dies_at = 1; dies_at < 200; ++dies_at) {
        CAPTURE(dies_at);
        SiteWorld world;
        world.web.pages[site].links.clear();
        for (int i = 0; i < 11; ++i) {
            const std::string url = site + std::to_string(i);
            world.web.pages[site].links.push_back(url);
            world.web.pages[url] = {200,
                                    "Text " + std::to_string(i) + ".\n\nWas this helpful?\n",
                                    "P" + std::to_string(i),
                                    {}};
        }
        int calls = 0;
        std::map<std::string, int> asked;
        world.web.before_page = [&](const std::string& url) { ++asked[url]; };
        const auto die = [&] {
            if (++calls == dies_at) {
                throw Error(ErrorCode::cancelled, "The process died.");
            }
        };
        world.frontier.before_each = die;
        world.embedder.before_each = die;
        const bool died = !error_of([&] { world.crawl(); }).empty();
        world.frontier.before_each = {};
        world.embedder.before_each = {};
        if (died) {
            const auto report = world.crawl();
            CHECK(report.pages_failed == 0);
            CHECK(report.document_ids->size() == 12);
            CHECK(report.pages_ingested == 12);
        }
        CHECK(world.documents() == 12);
        CHECK(std::count_if(asked.begin(), asked.end(),
                            [](const auto& entry) { return entry.second > 1; }) <= 1);
        CHECK(world.crawl(CrawlMode::recrawl).pages_unchanged == 12);
        if (!died) {
            return;
        }
    }
    FAIL("The crawl never came to its end.");
}

TEST_CASE("ingest_url: what is wrong is said") {
    SiteWorld world;
    const auto error = [&](memory::IngestUrl request) {
        return error_of([&] { world.memory().ingest_url(world.context, request); });
    };
    memory::IngestUrl request;
    request.url = site;
    request.collection = "no";
    CHECK(holds(error(request), "Collection 'no' does not exist. Create it first"));
    request.collection = "c";
    request.max_depth = 4;
    CHECK(holds(error(request), "max_depth"));
    request.max_depth = 1;
    request.url = "ftp://x/";
    CHECK(holds(error(request), "ftp://x/"));
    CHECK(holds(
        error_of([&] { world.memory().analyze_website(world.context, {.base_url = "nonsense"}); }),
        "nonsense"));
}
