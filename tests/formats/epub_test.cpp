#include "formats/documents.hpp"

using namespace rag;
using namespace rag::test;

TEST_CASE("epub: chapters come in the order of reading, with headings") {
    const ReadDocument book = formats::read_in_process(
        DocumentType::epub,
        make_epub("Frankenstein", {{"Letter 1", "<p>To Mrs. Saville.</p>"},
                                   {"Chapter 1",
                                    "<h2>Chapter 1</h2><p>I am by birth a "
                                    "<a href=\"c1.xhtml#n1\">Genevese</a>.</p>"}}));
    CHECK(book.markdown ==
          "# Letter 1\n\nTo Mrs. Saville.\n\n## Chapter 1\n\nI am by birth a Genevese.\n");
    CHECK(book.title == "Frankenstein");
    CHECK(book.metadata.at("author") == "Mary Shelley");
    CHECK(book.metadata.at("language") == "en");
}

TEST_CASE("epub: a chapter is whole, with what would be furniture on a page") {
    CHECK(markdown_of(DocumentType::epub,
                      make_epub("B", {{"One",
                                       "<h1>One</h1><p>Text.</p><footer><p>1. A note."
                                       "</p></footer><table><tr><td>a</td><td>b</td></tr>"
                                       "<tr><td>1</td><td>2</td></tr></table>"}})) ==
          "# One\n\nText.\n\n1. A note.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n");
}

TEST_CASE("epub: the names of chapters come from a table of contents of EPUB 2 too") {
    const std::string book = make_zip(
        {{"META-INF/container.xml", R"(<c><rootfile full-path="b.opf"/></c>)"},
         {"b.opf",
          R"(<package><metadata/><manifest><item id="n" href="t.ncx" )"
          R"(media-type="application/x-dtbncx+xml"/><item id="a" href="a%20b.html"/></manifest>)"
          R"(<spine><itemref idref="a"/></spine></package>)"},
         {"t.ncx",
          R"(<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://example.com/x.dtd">)"
          R"(<ncx><navPoint><navLabel><text>The Start</text></navLabel>)"
          R"(<content src="a%20b.html#top"/></navPoint></ncx>)"},
         {"a b.html", "<p>Once upon a time.</p>"}});
    CHECK(markdown_of(DocumentType::epub, book) == "# The Start\n\nOnce upon a time.\n");
}

TEST_CASE("epub: a protected or broken book is said to be one") {
    const Parts locked{
        {"META-INF/encryption.xml",
         R"(<encryption><EncryptedData><CipherData><CipherReference )"
         R"(URI="OEBPS/text/c1.xhtml"/></CipherData></EncryptedData></encryption>)"}};
    const Parts fonts{{"META-INF/encryption.xml",
                       R"(<encryption><EncryptedData><CipherData><CipherReference )"
                       R"(URI="OEBPS/font.otf"/></CipherData></EncryptedData></encryption>)"}};
    const std::vector<Chapter> chapters{{"One", "<p>Words.</p>"}};
    CHECK(holds(refusal_of(DocumentType::epub, make_epub("B", chapters, locked)), "DRM"));
    CHECK(refusal_of(DocumentType::epub, make_epub("B", chapters, fonts)).empty());
    CHECK(holds(refusal_of(DocumentType::epub, make_epub("B", {})), "no chapters"));
    CHECK(holds(refusal_of(DocumentType::epub, make_zip({{"a.html", "x"}})), "container.xml"));
}
