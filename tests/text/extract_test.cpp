#include "text/extract.hpp"
#include "text/detect.hpp"

#include "base/utf8.hpp"
#include "rag/error.hpp"
#include "text/html.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace rag::text;

namespace {

std::string refused_type(std::string_view bytes, const std::string& filename) {
    try {
        extract_text(bytes, {filename, ""});
    } catch (const rag::Error& error) {
        CHECK(error.code() == rag::ErrorCode::invalid_argument);
        return error.message();
    }
    return {};
}

std::string markdown_of(std::string_view html) {
    return read_html(html, "").extracted.text;
}

}  // namespace

TEST_CASE("extract: text in its encodings becomes UTF-8 with plain newlines") {
    using namespace std::string_view_literals;
    CHECK(extract_text("\xEF\xBB\xBF"
                       "a\r\nb\rc",
                       {"x.txt", ""})
              .text == "a\nb\nc");
    CHECK(extract_text("caf\xE9 \x93q\x94", {"x.txt", ""}).text == "café “q”");
    CHECK(extract_text("\xFF\xFEh\0\xE9\0"sv, {"x.txt", ""}).text == "hé");
    CHECK(extract_text("\xFE\xFF\0h\0\xE9"sv, {"x.txt", ""}).text == "hé");
    CHECK(extract_text("\xCF\xF0\xE8", {"", "text/plain; charset=windows-1251"}).text == "При");
    CHECK(extract_text("a\0b and more words, so that it counts as text"sv, {"x.txt", ""}).text ==
          "ab and more words, so that it counts as text");
    CHECK(extract_text("", {"x.txt", ""}).text.empty());
}

TEST_CASE("extract: characters of two units are whole wherever the decoder pauses") {
    std::string units(
        "\xFF\xFE"
        "a\0",
        4);
    std::string expected = "a";
    for (int i = 0; i < 40'000; ++i) {
        units.append("\x3D\xD8\x00\xDE", 4);
        expected += "\xF0\x9F\x98\x80";
    }
    CHECK(extract_text(units, {"x.txt", ""}).text == expected);
}

TEST_CASE("extract: binary content is refused by its type") {
    using namespace std::string_view_literals;
    CHECK(refused_type("\x89PNG\r\n\x1A\n\0\0"sv, "a.txt").find("image/png") != std::string::npos);
    CHECK(refused_type("%PDF-1.7 x"sv, "").find("application/pdf") != std::string::npos);
    CHECK(refused_type("\0\1\2\3\4\5"sv, "a.md").find("application/octet-stream") !=
          std::string::npos);
}

TEST_CASE("extract: name and content type decide the format and the file type") {
    CHECK(extract_text("# T\n\nx", {"README.MD", ""}).file_type == "md");
    CHECK(extract_text("# T\n\nx", {"README.MD", ""}).title == "T");
    CHECK(extract_text("---\ntitle: \"Q\"\n---\n# T\n", {"a.md", ""}).title == "Q");
    CHECK(extract_text("int x;", {"a.cpp", ""}).format == TextFormat::code);
    CHECK(extract_text("{]", {"a.json", ""}).format == TextFormat::data);
    CHECK(extract_text("<a><b", {"a.xml", ""}).text == "<a><b");
    CHECK(extract_text("x", {"Makefile", ""}).file_type == "txt");
    CHECK(extract_text("<!DOCTYPE html><p>Hi", {"", ""}).text == "Hi\n");
    CHECK(extract_text("<p>Hi", {"", "text/html"}).file_type == "html");
}

TEST_CASE("html: structure becomes Markdown") {
    CHECK(markdown_of("<h1>A <b>b</b></h1><p>one\n two<br>three</p>") ==
          "# A b\n\none two\nthree\n");
    CHECK(markdown_of("<ul><li>a<li><p>b</p><ol><li>c<li>d</ol></ul>") ==
          "- a\n- b\n  1. c\n  2. d\n");
    CHECK(markdown_of("<p>see <a href='/x y'>the <b>page</b></a>, <em>now</em>.</p>") ==
          "see [the **page**](</x y>), *now*.\n");
    CHECK(markdown_of("<pre><code class='language-cpp'>int x;\n\n  y();\n</code></pre>") ==
          "```cpp\nint x;\n\n  y();\n```\n");
    CHECK(markdown_of("<blockquote><p>a</p><p>b</p></blockquote>") == "> a\n>\n> b\n");
    CHECK(markdown_of("<table><tr><th>a<th>b<tr><td>1|2<td></table>") ==
          "| a | b |\n| --- | --- |\n| 1\\|2 | |\n");
    CHECK(markdown_of("<p><img src=a.png alt='A cat'> <code>f()</code></p>") ==
          "![A cat](a.png) `f()`\n");
}

TEST_CASE("html: furniture is left out, a page without content falls back to all of it") {
    CHECK(markdown_of(
              "<header><h2>Site</h2></header><nav>Home</nav><main><h1>T</h1><p>Text</p>"
              "<aside>x</aside></main><footer>(c)</footer><div class='cookie-banner'>OK?</div>"
              "<script>var x</script><form><input>Go</form>") == "# T\n\nText\n");
    CHECK(markdown_of("<nav><a href='/a'>Only a menu</a></nav>") == "[Only a menu](/a)\n");
    CHECK(markdown_of("") == "");
}

TEST_CASE("html: what a page says about itself and where it leads") {
    const HtmlPage page = read_html(
        "<html lang=de><head><title> A \n B </title><meta name=description content='D'>"
        "<meta name=ROBOTS content='NoIndex'><link rel=canonical href='https://e.org/'>"
        "<base href='/b/'></head><body><a href=' x ' rel='NoFollow'>to <i>x</i></a></body></html>",
        "");
    CHECK(page.extracted.title == "A B");
    CHECK(page.description == "D");
    CHECK(page.robots == "noindex");
    CHECK(page.language == "de");
    CHECK(page.canonical_url == "https://e.org/");
    CHECK(page.base_href == "/b/");
    REQUIRE(page.links.size() == 1);
    CHECK(page.links[0].href == "x");
    CHECK(page.links[0].rel == "nofollow");
    CHECK(page.links[0].text == "to x");
    CHECK(page.extracted.metadata["language"] == "de");
}

TEST_CASE("html: deep, huge and broken pages end, with well-formed text") {
    std::string deep;
    for (int i = 0; i < 200'000; ++i) {
        deep += "<div>";
    }
    CHECK(markdown_of(deep + "x") == "x");
    std::string cells = "<svg>";
    for (int i = 0; i < 20'000; ++i) {
        cells += "<td>";
    }
    CHECK(rag::is_utf8(markdown_of(cells + "x")));
    const std::vector<std::string> pieces{
        "<b>",        "</b>",       "<table>",  "<tr>",         "<td>",   "</table>", "<p>",
        "x ",         "<li>",       "<ul>",     "</ul>",        "&#0;",   "&#xD800;", "<!--",
        "-->",        "<a href=q>", "</a>",     "<pre>",        "\xFF",   "<svg>",    "<math>",
        "<template>", "<h1>",       "`",        "<blockquote>", "<form>", "<",        "&",
        "<title>",    "<script>",   "</script>"};
    std::mt19937 random(3);
    for (int round = 0; round < 2'000; ++round) {
        std::string html;
        for (auto left = random() % 60; left > 0; --left) {
            html += pieces[random() % pieces.size()];
        }
        const std::string text = markdown_of(html);
        REQUIRE(rag::is_utf8(text));
        REQUIRE(text.find('\0') == std::string::npos);
    }
}

TEST_CASE("detect: documents are known by their first bytes, type and extension") {
    const auto document = [](std::string_view bytes, const std::string& filename,
                             const std::string& type = "") {
        return detect_source(bytes, {filename, type}).document;
    };
    const std::string zip = "PK\3\4" + std::string(26, '\0');
    CHECK(document("%PDF-1.7\n", "x.bin") == rag::DocumentType::pdf);
    CHECK(document(zip, "a.DOCX") == rag::DocumentType::docx);
    CHECK(document(zip, "/get", "application/epub+zip") == rag::DocumentType::epub);
    CHECK(document(zip, "/get",
                   "application/vnd.openxmlformats-officedocument.presentationml.presentation") ==
          rag::DocumentType::pptx);
    CHECK(document(zip + "mimetypeapplication/epub+zipPK", "b.zip") == rag::DocumentType::epub);
    CHECK(!document(zip, "b.zip"));
    CHECK(!document(zip, "b.pdf"));
    CHECK(document("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "c.docx") == rag::DocumentType::docx);
    CHECK(!document("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "c.doc"));
    CHECK(document("no zip", "c.docx") == rag::DocumentType::docx);
    CHECK(!document("<html>", "c.docx", "text/html"));
    CHECK(document("From: a", "d.eml") == rag::DocumentType::mail);
    CHECK(!document("\x89PNG\r\n", "e.pdf"));
    CHECK(format_of_extension("docx") == TextFormat::markdown);
    CHECK(format_of_extension("cpp") == TextFormat::code);
    CHECK(format_of_extension("") == TextFormat::plain);
}
