// With the real programs of poppler-utils.

#include "formats/pdf.hpp"
#include "formats/child_process.hpp"
#include "formats/documents.hpp"
#include "text/chunk.hpp"

#include <unistd.h>

using namespace rag;
using namespace rag::test;

namespace {

ReadDocument read(const std::string& bytes) {
    const int file = formats::open_in_memory(bytes);
    try {
        ReadDocument document = formats::read_pdf(file);
        close(file);
        return document;
    } catch (...) {
        close(file);
        throw;
    }
}

std::string refusal(const std::string& bytes) {
    try {
        read(bytes);
    } catch (const Error& error) {
        return error.message();
    }
    return {};
}

}  // namespace

TEST_CASE("pdf: pages are sections, with what the document says of itself") {
    const ReadDocument document =
        read(make_pdf({"The engine weaves\nalgebraic pat-\nterns.", "", "Third page."}, "Notes"));
    CHECK(document.markdown ==
          "# Page 1\n\nThe engine weaves\nalgebraic patterns.\n\n# Page 3\n\nThird page.\n");
    CHECK(document.title == "Notes");
    CHECK(document.metadata.at("author") == "Ada Lovelace");
    CHECK(document.metadata.at("page_count") == 3);
    CHECK(document.metadata.at("created_at") == "2024-05-01T10:00:00Z");
}

TEST_CASE("pdf: what cannot be read is said with the way out") {
    CHECK(holds(refusal(make_locked_pdf()), "password"));
    CHECK(holds(refusal(make_pdf({"", ""})), "ocrmypdf"));
    CHECK(holds(refusal(make_pdf({"", ""})), "2 pages"));
    CHECK(holds(refusal(make_long_pdf(10'000)), "at most 5000"));
    CHECK(holds(refusal("%PDF-1.4\nnothing of a PDF follows"), "damaged"));
}

TEST_CASE("pdf: text that looks like a heading or a page is none") {
    CHECK(formats::markdown_of_pages("# Page 9\nx\n===\n\f") ==
          "# Page 1\n\n\\# Page 9\nx\n\\===\n");
    CHECK(formats::markdown_of_pages("\u2022\n\nfirst\n\u2022\n\nsecond\n\f") ==
          "# Page 1\n\n- first\n- second\n");
    CHECK(formats::markdown_of_pages("\n \f\n\f").empty());
}

TEST_CASE("pdf: every passage knows its page") {
    std::string printed;
    for (int page = 1; page <= 3; ++page) {
        for (int i = 0; i < 60; ++i) {
            printed += "Sentence " + std::to_string(i) + " of the page is one of many others.\n";
        }
        printed += '\f';
    }
    const auto chunks =
        text::chunk_text(formats::markdown_of_pages(printed), text::TextFormat::markdown);
    REQUIRE(chunks.size() >= 6);
    for (const text::TextChunk& chunk : chunks) {
        CHECK(chunk.heading_path == "Page " + std::to_string(chunk.page_first));
        CHECK(chunk.page_last == chunk.page_first);
    }
    CHECK(chunks.back().page_first == 3);
    const auto small =
        text::chunk_text("# Page 4\n\na\n\n# Page 5\n\nb", text::TextFormat::markdown);
    REQUIRE(small.size() == 1);
    CHECK(small[0].page_first == 4);
    CHECK(small[0].page_last == 5);
    const auto other = text::chunk_text("# Book\n\na\n\n# Page 5\n\nb", text::TextFormat::markdown);
    CHECK(other[0].page_last == 0);
}
