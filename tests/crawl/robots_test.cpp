#include "crawl/robots.hpp"

#include <doctest/doctest.h>

using namespace rag::crawl;

TEST_CASE("robots: our own group counts alone, the longest rule decides") {
    const Robots robots(
        "User-agent: *\nDisallow: /\n\nUser-agent: RAG-memory\nDisallow: /a\nAllow: /a/b\n"
        "Disallow: /*.php$\nCrawl-delay: 2\nSitemap: http://x/s.xml\n",
        "rag-memory");
    CHECK(robots.allows("/"));
    CHECK_FALSE(robots.allows("/a/c"));
    CHECK(robots.allows("/a/b/c"));
    CHECK_FALSE(robots.allows("/x/y.php"));
    CHECK(robots.allows("/x/y.php?q"));
    CHECK(robots.crawl_delay() == std::chrono::milliseconds(2000));
    CHECK(robots.sitemaps() == std::vector<std::string>{"http://x/s.xml"});
}

TEST_CASE("robots: without our group the star's counts, an empty file allows all") {
    CHECK_FALSE(Robots("User-agent: a\nUser-agent: *\nDisallow: /x", "rag-memory").allows("/x"));
    CHECK(Robots("User-agent: a\nDisallow: /x", "rag-memory").allows("/x"));
    CHECK(Robots("", "rag-memory").allows("/x"));
    CHECK(Robots("User-agent: *\nDisallow:", "rag-memory").allows("/x"));
}

TEST_CASE("robots: a pattern of many stars takes no exponential time") {
    const std::string text(5000, 'a');
    CHECK_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*a*a*b", text));
    CHECK(glob_matches("/docs/*", "/docs/x/y"));
}
