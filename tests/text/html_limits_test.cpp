// What a page may cost: memory is counted by replacing this program's operator new.

#include "base/utf8.hpp"
#include "text/html.hpp"
#include "text/html_scan.hpp"
#include "text/html_tree.hpp"

#include <doctest/doctest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>

using namespace rag::text;

namespace {

std::atomic<std::size_t> bytes_in_use{0};
std::atomic<std::size_t> bytes_at_peak{0};

void* count_in(void* memory) {
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    const std::size_t now = bytes_in_use += malloc_usable_size(memory);
    std::size_t peak = bytes_at_peak;
    while (now > peak && !bytes_at_peak.compare_exchange_weak(peak, now)) {
    }
    return memory;
}

void count_out(void* memory) {
    bytes_in_use -= malloc_usable_size(memory);
    std::free(memory);
}

/// The most that stood in memory while `work` ran, beside what stood there before.
std::size_t peak_of(const std::function<void()>& work) {
    const std::size_t before = bytes_in_use;
    bytes_at_peak = before;
    work();
    return bytes_at_peak - before;
}

std::string repeat(const std::string& piece, std::size_t bytes) {
    std::string text;
    text.reserve(bytes + piece.size());
    while (text.size() < bytes) {
        text += piece;
    }
    return text;
}

constexpr std::size_t mebibyte = 1U << 20U;
constexpr std::size_t largest = html_parsed_bytes_max - 1024;

}  // namespace

void* operator new(std::size_t bytes) {
    return count_in(std::malloc(bytes));
}
void* operator new[](std::size_t bytes) {
    return count_in(std::malloc(bytes));
}
void operator delete(void* memory) noexcept {
    count_out(memory);
}
void operator delete[](void* memory) noexcept {
    count_out(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    count_out(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    count_out(memory);
}

/// The page, its title known, read within the bound.
HtmlPage read_within_bound(const std::string& piece, std::size_t bytes) {
    const std::string html = "<title>T</title>" + repeat(piece, bytes);
    HtmlPage page;
    const std::size_t peak = peak_of([&] { page = read_html(html, ""); });
    INFO(piece, " took ", peak / mebibyte, " MiB");
    CHECK(peak < 100 * mebibyte);
    CHECK(rag::is_utf8(page.extracted.text));
    CHECK(page.extracted.title == "T");
    return page;
}

TEST_CASE("html: no page takes 100 MB beside its own bytes") {
    // As large as pages may be, and beyond what is parsed.
    read_within_bound("<p>Some words in a paragraph as long as they are on most pages. ", largest);
    for (const char* piece : {"\xFF", "<p>One <a href='/x'>two</a> three"}) {
        read_within_bound(piece, html_bytes_max - 1024);
    }
    // Many nodes from few bytes.
    for (const char* piece :
         {"<br>", "<p><i>a</i>", "<a href=x>y</a> ", "<td>", "<li>a<ul>", "<b>x", "<font color=1>",
          "&lt;&amp;", "<a b c d e f g h i>", "<table><tr><td>1<td>2</table>", "<pre>a\n</pre>",
          "<div class='nav'>", "<h1>a</h1>", "<!-- a -->", "<svg><td>", "<img alt=a src=b>"}) {
        read_within_bound(piece, mebibyte);
    }
}

TEST_CASE("html: a page too large to be parsed is read by its tags") {
    const HtmlPage page = read_within_bound(
        "<script>var x;</script><p>One <a href='/x?a=1&amp;b=2'>two</a> three", 9 * mebibyte);
    CHECK(page.extracted.text.starts_with("One two three One"));
    REQUIRE(page.links.size() == html_links_max);
    CHECK(page.links[0].href == "/x?a=1&b=2");
    CHECK(page.links[0].text == "two");
    CHECK_THROWS(read_html(std::string(html_bytes_max + 1, 'x'), ""));
}

TEST_CASE("html: the parser is left when its tree is full, and the page is scanned") {
    const std::string html =
        "<html lang=fr><title>Full</title><base href='/b/'><meta name=robots content=NOFOLLOW>"
        "<p>First" +
        repeat("<i></i>", 3 * mebibyte);
    const HtmlTree tree(html);
    CHECK(tree.root() == nullptr);
    CHECK_FALSE(is_too_deep(html));
    const HtmlPage page = read_html(html, "");
    CHECK(page.extracted.title == "Full");
    CHECK(page.extracted.text == "First");
    CHECK(page.language == "fr");
    CHECK(page.base_href == "/b/");
    CHECK(page.robots == "nofollow");
}

TEST_CASE("html: elements that nobody closed leave a page its title, links and text") {
    const std::string html =
        "<title>Old &amp; broken</title><body>" +
        repeat("<font size=2><b>word <a href=next.html rel=nofollow>on</a>", 100'000);
    CHECK(is_too_deep(html));
    const HtmlPage page = read_html(html, "");
    CHECK(page.extracted.title == "Old & broken");
    CHECK(page.extracted.text.starts_with("word on word on"));
    REQUIRE_FALSE(page.links.empty());
    CHECK(page.links[0].href == "next.html");
    CHECK(page.links[0].rel == "nofollow");
    CHECK(page.links[0].text == "on");
}

TEST_CASE("html: depth is told from the tags that match each other") {
    const std::string flat = repeat("<p>a<li>b<td>c<br><b>d</b><div>e</div>", 100'000);
    CHECK_FALSE(is_too_deep(flat));
    CHECK(is_too_deep(repeat("<div>", 10'000)));
    CHECK(is_too_deep(repeat("<font color=1></i>", 100'000)));
    CHECK(is_too_deep("<svg>" + repeat("<td>", 10'000)));
    CHECK_FALSE(is_too_deep("<svg>" + repeat("<path d='a>b'/>", 100'000) + "</svg>"));
    CHECK_FALSE(is_too_deep("<script>" + repeat("'<div>'", 10'000) + "</script>"));
    CHECK_FALSE(is_too_deep("<!--" + repeat("<div>", 10'000) + "-->"));
}

TEST_CASE("html: nested lists cost no more than their length") {
    std::string html;
    for (int i = 0; i < 500; ++i) {
        html += i % 2 == 0 ? "<ul>" : "<li>";
    }
    html += repeat("<b></b>", mebibyte / 2) + "end";
    const std::string text = read_html(html, "").extracted.text;
    CHECK(text.find("end") != std::string::npos);
}

TEST_CASE("html: links and images are absolute where the page's URL is known") {
    const std::string html =
        "<p><a href='../a#x'>A</a> <a href='#top'>B</a> <a href='mailto:m@e.org'>C</a>"
        " <img src=i.png alt=I>";
    CHECK(read_html(html, "").extracted.text == "[A](../a#x) B [C](mailto:m@e.org) ![I](i.png)\n");
    const HtmlOptions options{rag::parse_url("https://e.org/d/e/f")};
    const HtmlPage page = read_html(html, "", options);
    CHECK(page.extracted.text ==
          "[A](https://e.org/d/a#x) B [C](mailto:m@e.org) ![I](https://e.org/d/e/i.png)\n");
    CHECK(page.links[0].href == "../a#x");
    REQUIRE(page.base);
    CHECK(page.base->text() == "https://e.org/d/e/f");
    const HtmlPage moved = read_html("<base href='/z/'>" + html, "", options);
    CHECK(moved.extracted.text.find("(https://e.org/z/i.png)") != std::string::npos);
    CHECK(moved.base->text() == "https://e.org/z/");
}
