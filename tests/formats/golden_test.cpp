// Documents as another program (pandoc) has made them of one text: tests/fixtures/documents, and
// beside each what is to be read from it.

#include "formats/documents.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace rag;
using namespace rag::test;

namespace {

const std::filesystem::path folder =
    std::filesystem::path(RAG_SOURCE_DIR) / "tests/fixtures/documents";

std::string read_file(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    REQUIRE(stream.good());
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("golden: documents of other programs come out to the letter") {
    for (const DocumentType type : {DocumentType::docx, DocumentType::epub, DocumentType::odt,
                                    DocumentType::pptx, DocumentType::notebook}) {
        const std::string name = "handbook." + std::string(to_string(type));
        CAPTURE(name);
        CHECK(markdown_of(type, read_file(folder / name)) == read_file(folder / (name + ".md")));
    }
}

TEST_CASE("golden: a document cut off anywhere is a sentence or a part of itself") {
    for (const DocumentType type : {DocumentType::docx, DocumentType::epub, DocumentType::odt,
                                    DocumentType::pptx, DocumentType::notebook}) {
        const std::string whole = read_file(folder / ("handbook." + std::string(to_string(type))));
        for (std::size_t size = 0; size < whole.size(); size += whole.size() / 40 + 1) {
            refusal_of(type, std::string_view(whole).substr(0, size));
        }
    }
}
