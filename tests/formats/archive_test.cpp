#include "formats/archive.hpp"
#include "formats/markdown_builder.hpp"
#include "formats/xml.hpp"

#include <doctest/doctest.h>

using namespace rag::formats;

TEST_CASE("archive: targets are resolved from where they stand, and never leave the container") {
    CHECK(resolve_part("word/document.xml", "media/a.xml") == "word/media/a.xml");
    CHECK(resolve_part("ppt/slides/s.xml", "../notes/n.xml#x") == "ppt/notes/n.xml");
    CHECK(resolve_part("a/b.xml", "/c/d.xml") == "c/d.xml");
    CHECK(resolve_part("", "../../etc/passwd") == "etc/passwd");
    CHECK(resolve_part("", "a%20b%zz.xml") == "a b%zz.xml");
    CHECK(resolve_part("", "https://example.com/a.xml").empty());
    CHECK(resolve_part("a", "#only").empty());
}

TEST_CASE("xml: starts, ends and texts, with names and attributes whatever their prefix") {
    XmlReader xml("<a:x xmlns:a='u' a:k='1'><y/>t&amp;<![CDATA[<z>]]></a:x>", "p");
    CHECK(xml.next() == XmlReader::Event::start);
    CHECK(xml.is("x"));
    CHECK(xml.attribute("k") == "1");
    CHECK(!xml.has_attribute("l"));
    CHECK(xml.next() == XmlReader::Event::start);
    CHECK(xml.next() == XmlReader::Event::end);
    CHECK(xml.is("y"));
    std::string text;
    XmlReader::Event event = xml.next();
    for (; event == XmlReader::Event::text; event = xml.next()) {
        text += xml.text();
    }
    CHECK(text == "t&<z>");
    CHECK(event == XmlReader::Event::end);
    CHECK(xml.next() == XmlReader::Event::done);
}

TEST_CASE("markdown: text of other programs reads as it was") {
    MarkdownBuilder out;
    out.heading(9, " A\n title ");
    out.paragraph("# one\n- two\n\n\n===\n");
    out.item(0, "-", "first\nitem");
    out.item(1, "1.", "inner");
    out.code("c", "```\nx\n\n");
    out.table({{"a", "b|c"}, {"d"}});
    out.table({});
    CHECK(
        out.take() ==
        "###### A title\n\n\\# one\n- two\n\n\\===\n\n- first item\n    1. inner\n\n````c\n```\nx\n"
        "````\n\n| a | b\\|c |\n| --- | --- |\n| d |\n");
    CHECK(markdown_link("x", "javascript:alert(1)") == "x");
    CHECK(markdown_link("x", "https://e.org/a b") == "[x](<https://e.org/a b>)");
}
