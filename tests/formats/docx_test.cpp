#include "formats/documents.hpp"

using namespace rag;
using namespace rag::test;

namespace {

std::string docx(const std::string& body, const Parts& further = {}) {
    return markdown_of(DocumentType::docx, make_docx(body, further));
}

std::string run(const std::string& text) {
    return "<w:r><w:t xml:space=\"preserve\">" + text + "</w:t></w:r>";
}

std::string item(const std::string& list, int level, const std::string& text) {
    return "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"" + std::to_string(level) +
           "\"/><w:numId w:val=\"" + list + "\"/></w:numPr></w:pPr>" + run(text) + "</w:p>";
}

std::string cell(const std::string& text, const std::string& properties = "") {
    return "<w:tc><w:tcPr>" + properties + "</w:tcPr><w:p>" + run(text) + "</w:p></w:tc>";
}

const std::pair<std::string, std::string> numbering{
    "word/numbering.xml",
    R"(<w:numbering xmlns:w="x"><w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0">)"
    R"(<w:numFmt w:val="decimal"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl>)"
    R"(</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num></w:numbering>)"};

}  // namespace

TEST_CASE("docx: headings, by name or by what a style is based on, and paragraphs") {
    const std::string bytes =
        make_docx(docx_paragraph("Title", "The Whale") + docx_paragraph("Heading1", "Loomings") +
                  docx_paragraph("Normal", "Call me  Ishmael.") + docx_paragraph("Mine", "Deeper") +
                  docx_paragraph("Normal", "# no heading"));
    const ReadDocument document = formats::read_in_process(DocumentType::docx, bytes);
    CHECK(document.markdown ==
          "# The Whale\n\n# Loomings\n\nCall me  Ishmael.\n\n## Deeper\n\n\\# no heading\n");
    CHECK(document.title == "The Whale");
    CHECK(document.metadata.at("author") == "Grace Hopper");
    CHECK(document.metadata.at("created_at") == "2024-05-01T10:00:00Z");
}

TEST_CASE("docx: lists keep their levels and count") {
    CHECK(docx(item("1", 0, "first") + item("1", 1, "inside") + item("1", 0, "second"),
               {numbering}) == "1. first\n    - inside\n2. second\n");
}

TEST_CASE("docx: a table is a table, also where a cell spans columns or holds a table") {
    const std::string inner = "<w:tbl><w:tr>" + cell("x") + cell("y") + "</w:tr></w:tbl>";
    CHECK(docx("<w:tbl><w:tr>" + cell("Name") + cell("Size|kg") + cell("Note") + "</w:tr><w:tr>" +
               cell("both", R"(<w:gridSpan w:val="2"/>)") + "<w:tc>" + inner + "</w:tc></w:tr>" +
               "</w:tbl>") ==
          "| Name | Size\\|kg | Note |\n| --- | --- | --- |\n| both | | x y |\n");
    CHECK(docx("<w:tbl><w:tr>" + cell("framed text") + "</w:tr></w:tbl>") == "framed text\n");
}

TEST_CASE("docx: links and notes stand where they are referred to") {
    const Parts notes{
        {"word/footnotes.xml",
         R"(<w:footnotes xmlns:w="x"><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>)"
         R"(<w:footnote w:id="2"><w:p><w:r><w:t>A small note.</w:t></w:r></w:p></w:footnote>)"
         R"(</w:footnotes>)"}};
    CHECK(docx("<w:p>" + run("See ") + "<w:hyperlink r:id=\"rId9\">" + run("the site") +
                   "</w:hyperlink><w:r><w:footnoteReference w:id=\"2\"/></w:r>" + run(" now.") +
                   "</w:p>" + docx_paragraph("Normal", "Next."),
               notes) ==
          "See [the site](https://example.com/a)[^1] now.\n\n[^1]: A small note.\n\nNext.\n");
}

TEST_CASE("docx: what was deleted, hidden in fields or said twice is left out") {
    CHECK(docx("<w:p>" + run("kept") +
               "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
               "<w:ins>" +
               run(" added") +
               "</w:ins><w:r><w:instrText>PAGE</w:instrText></w:r>"
               "<mc:AlternateContent><mc:Choice>" +
               run(" once") + "</mc:Choice><mc:Fallback>" + run(" once") +
               "</mc:Fallback></mc:AlternateContent></w:p>" +
               docx_paragraph("TOC1", "Loomings 1")) == "kept added once\n");
}

TEST_CASE("docx: text boxes, breaks and the words for pictures are read") {
    CHECK(docx("<w:p>" + run("before") + "<w:r><w:br/></w:r>" + run("after") +
               R"(<w:r><w:drawing><wp:docPr id="1" descr="A red boat"/></w:drawing></w:r></w:p>)"
               "<w:p><w:r><w:txbxContent><w:p>" +
               run("in a box") + "</w:p></w:txbxContent></w:r></w:p>") ==
          "before\nafter[Image: A red boat]\n\nin a box\n");
}

TEST_CASE("docx: what cannot be read is said with the way out") {
    const auto refusal = [](std::string_view bytes) {
        return refusal_of(DocumentType::docx, bytes);
    };
    CHECK(holds(refusal("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on"), "password"));
    CHECK(holds(refusal("no zip file at all"), "damaged"));
    CHECK(holds(refusal(make_zip({{"a.xml", "<a/>"}})), "_rels/.rels"));
    CHECK(holds(refusal(make_docx("<w:p><unclosed></w:p>")), "no well-formed XML"));
    CHECK(holds(refusal(make_docx("<w:p/>")), "holds no text"));
    const std::string whole = make_docx(docx_paragraph("Normal", std::string(100'000, 'x')));
    CHECK(!refusal(std::string_view(whole).substr(0, whole.size() / 2)).empty());
}
