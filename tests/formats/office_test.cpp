#include "formats/documents.hpp"
#include "formats/spreadsheet_values.hpp"

using namespace rag;
using namespace rag::test;

namespace {

const std::string office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

std::string relations(const std::vector<std::pair<std::string, std::string>>& targets) {
    std::string xml = "<Relationships>";
    for (std::size_t i = 0; i < targets.size(); ++i) {
        xml += "<Relationship Id=\"r" + std::to_string(i + 1) + "\" Type=\"" + office + '/' +
               targets[i].first + "\" Target=\"" + targets[i].second + "\"/>";
    }
    return xml + "</Relationships>";
}

std::string shape(const std::string& placeholder, const std::string& paragraphs) {
    return "<p:sp><p:nvSpPr><p:nvPr>" + placeholder + "</p:nvPr></p:nvSpPr><p:txBody>" +
           paragraphs + "</p:txBody></p:sp>";
}

std::string line(const std::string& text, int level = 0) {
    return "<a:p><a:pPr lvl=\"" + std::to_string(level) + "\"/><a:r><a:t>" + text +
           "</a:t></a:r></a:p>";
}

std::string slide(const std::string& shapes) {
    return "<p:sld xmlns:p=\"p\" xmlns:a=\"a\" xmlns:r=\"" + office + "\"><p:cSld><p:spTree>" +
           shapes + "</p:spTree></p:cSld></p:sld>";
}

std::string make_pptx() {
    return make_zip(
        {{"_rels/.rels", relations({{"officeDocument", "/ppt/presentation.xml"}})},
         {"ppt/presentation.xml",
          "<p:presentation xmlns:p=\"p\" xmlns:r=\"" + office +
              "\"><p:sldIdLst><p:sldId id=\"256\" r:id=\"r2\"/><p:sldId id=\"257\" r:id=\"r1\"/>"
              "</p:sldIdLst></p:presentation>"},
         {"ppt/_rels/presentation.xml.rels",
          relations({{"slide", "slides/slide1.xml"}, {"slide", "slides/slide2.xml"}})},
         {"ppt/slides/slide1.xml",
          slide("<p:graphicFrame><a:tbl><a:tr><a:tc><a:txBody>" + line("k") +
                "</a:txBody></a:tc><a:tc><a:txBody>" + line("v") +
                "</a:txBody></a:tc></a:tr></a:tbl></p:graphicFrame>")},
         {"ppt/slides/slide2.xml",
          slide(shape("<p:ph type=\"title\"/>", line("Harvest")) +
                shape("<p:ph idx=\"1\"/>", line("Apples") + line("red ones", 1)) +
                shape("<p:ph type=\"sldNum\"/>", line("2")) + shape("", line("A text box")))},
         {"ppt/slides/_rels/slide2.xml.rels",
          relations({{"notesSlide", "../notesSlides/notesSlide1.xml"}})},
         {"ppt/notesSlides/notesSlide1.xml",
          slide(shape("<p:ph type=\"body\"/>", line("Speak slowly")) +
                shape("<p:ph type=\"sldNum\"/>", line("2")))}});
}

std::string make_xlsx(const std::string& rows, const std::string& properties = "") {
    return make_zip(
        {{"_rels/.rels", relations({{"officeDocument", "xl/workbook.xml"}})},
         {"xl/workbook.xml",
          "<workbook xmlns:r=\"" + office + "\"><workbookPr " + properties +
              "/><sheets><sheet name=\"Stock\" r:id=\"r1\"/><sheet name=\"Hidden\" "
              "state=\"hidden\" r:id=\"r1\"/></sheets></workbook>"},
         {"xl/_rels/workbook.xml.rels", relations({{"worksheet", "worksheets/sheet1.xml"},
                                                   {"sharedStrings", "sharedStrings.xml"},
                                                   {"styles", "styles.xml"}})},
         {"xl/sharedStrings.xml",
          "<sst><si><t>Item</t></si><si><r><t>Gr</t></r><r><t>een</t></r><rPh><t>x</t></rPh></si>"
          "</sst>"},
         {"xl/styles.xml",
          R"(<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\-mm"/></numFmts>)"
          R"(<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>)"
          R"(<xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>)"},
         {"xl/worksheets/sheet1.xml",
          "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"}});
}

std::string make_odt(const std::string& text, const Parts& further = {}) {
    Parts parts{{"mimetype", "application/vnd.oasis.opendocument.text"},
                {"meta.xml",
                 "<office:document-meta xmlns:office=\"o\" xmlns:dc=\"d\"><office:meta>"
                 "<dc:title>Report</dc:title><dc:creator>Ida</dc:creator></office:meta>"
                 "</office:document-meta>"},
                {"content.xml",
                 "<office:document-content xmlns:office=\"o\" xmlns:text=\"t\" xmlns:table=\"b\" "
                 "xmlns:xlink=\"x\" xmlns:style=\"s\"><office:automatic-styles><text:list-style "
                 "style:name=\"L1\"><text:list-level-style-number text:level=\"1\"/>"
                 "</text:list-style></office:automatic-styles><office:body><office:text>" +
                     text + "</office:text></office:body></office:document-content>"}};
    parts.insert(parts.end(), further.begin(), further.end());
    return make_zip(parts, Packing::stored);
}

}  // namespace

TEST_CASE("pptx: slides are sections in the order of showing, with tables and notes") {
    const ReadDocument shown = formats::read_in_process(DocumentType::pptx, make_pptx());
    CHECK(shown.markdown ==
          "# Slide 1: Harvest\n\n- Apples\n    - red ones\n\nA text box\n\nNotes: Speak slowly\n\n"
          "# Slide 2\n\n| k | v |\n| --- | --- |\n");
    CHECK(shown.metadata.at("slide_count") == 2);
}

TEST_CASE("xlsx: visible sheets are tables, with dates as dates and numbers as people see them") {
    const std::string rows =
        R"(<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>When</t></is></c>)"
        R"(</row><row r="2"/><row r="3"><c r="A3" t="s"><v>1</v></c>)"
        R"(<c r="B3"><f>0.1+0.2</f><v>0.30000000000000004</v></c>)"
        R"(<c r="C3" s="1"><v>45413.5</v></c><c r="D3" s="2"><v>45413</v></c>)"
        R"(<c r="E3" t="b"><v>1</v></c></row>)";
    CHECK(markdown_of(DocumentType::xlsx, make_xlsx(rows)) ==
          "# Stock\n\n| Item | | When | | |\n| --- | --- | --- | --- | --- |\n"
          "| Green | 0.3 | 2024-05-01 12:00:00 | 2024-05-01 | TRUE |\n");
}

TEST_CASE("xlsx: days are counted from either epoch, and formats of dates are told apart") {
    using formats::DateEpoch;
    CHECK(formats::date_of_serial("45413", DateEpoch::year_1900) == "2024-05-01");
    CHECK(formats::date_of_serial("43951", DateEpoch::year_1904) == "2024-05-01");
    CHECK(formats::date_of_serial("1", DateEpoch::year_1900) == "1900-01-01");
    CHECK(formats::date_of_serial("0.75", DateEpoch::year_1900) == "18:00:00");
    CHECK(formats::date_of_serial("-5", DateEpoch::year_1900) == "-5");
    CHECK(formats::date_of_serial("1e300", DateEpoch::year_1900) == "1e300");
    CHECK(formats::is_date_format("[$-409]d\\-mmm\\-yy;@"));
    CHECK(!formats::is_date_format("#,##0.00 \"days\";[Red]-0"));
}

TEST_CASE("xlsx: a cell far away neither fills a row with nothing nor the memory") {
    const std::string rows = R"(<row><c r="B1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>)";
    CHECK(markdown_of(DocumentType::xlsx, make_xlsx(rows)) ==
          "# Stock\n\n| | 1 |\n| --- | --- |\n");
    CHECK(holds(refusal_of(DocumentType::xlsx, make_xlsx("")), "holds no text"));
}

TEST_CASE("odt: headings, lists, tables, links and notes") {
    const ReadDocument read = formats::read_in_process(
        DocumentType::odt,
        make_odt(
            "<text:tracked-changes><text:p>old</text:p></text:tracked-changes>"
            "<text:h text:outline-level=\"2\">Soil</text:h>"
            "<text:p>Wet<text:s text:c=\"2\"/>and <text:a xlink:href=\"https://e.org/\">dark"
            "</text:a><text:note><text:note-citation>1</text:note-citation><text:note-body>"
            "<text:p>In spring.</text:p></text:note-body></text:note></text:p>"
            "<text:list text:style-name=\"L1\"><text:list-item><text:p>dig</text:p>"
            "<text:list><text:list-item><text:p>deep</text:p></text:list-item></text:list>"
            "</text:list-item><text:list-item><text:p>sow</text:p></text:list-item></text:list>"
            "<table:table><table:table-row><table:table-cell><text:p>a</text:p>"
            "</table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell>"
            "</table:table-row></table:table>"));
    CHECK(
        read.markdown ==
        "## Soil\n\nWet and [dark](https://e.org/)[^1]\n\n[^1]: In spring.\n\n1. dig\n    - deep\n"
        "2. sow\n\n| a | b |\n| --- | --- |\n");
    CHECK(read.title == "Report");
    CHECK(read.metadata.at("author") == "Ida");
}

TEST_CASE("odt: a password is named") {
    CHECK(holds(refusal_of(DocumentType::odt,
                           make_odt("<text:p>x</text:p>",
                                    {{"META-INF/manifest.xml",
                                      "<manifest><file-entry><encryption-data/></file-entry>"
                                      "</manifest>"}})),
                "password"));
}
