// Documents in containers. The first byte chooses the type, the second whether the rest is the
// container itself or the text of the part that matters most in a whole one around it.

#include "base/utf8.hpp"
#include "formats/in_process.hpp"
#include "rag/error.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace rag;
using Parts = std::vector<std::pair<std::string, std::string>>;

std::string relations(const char* type, const char* target) {
    return std::string("<R><Relationship Id=\"r1\" Type=\"x/") + type + "\" Target=\"" + target +
           "\"/></R>";
}

Parts parts_of(DocumentType type, const std::string& text) {
    const std::string ns = " xmlns:r=\"x/relationships\" r:id=\"r1\"";
    switch (type) {
        case DocumentType::docx:
            return {{"_rels/.rels", relations("officeDocument", "d.xml")}, {"d.xml", text}};
        case DocumentType::pptx:
            return {{"_rels/.rels", relations("officeDocument", "p.xml")},
                    {"p.xml", "<p><sldId" + ns + "/></p>"},
                    {"_rels/p.xml.rels", relations("slide", "s.xml")},
                    {"s.xml", text}};
        case DocumentType::xlsx:
            return {{"_rels/.rels", relations("officeDocument", "w.xml")},
                    {"w.xml", "<w><sheet name=\"S\"" + ns + "/></w>"},
                    {"_rels/w.xml.rels", relations("worksheet", "s.xml")},
                    {"s.xml", text}};
        case DocumentType::odt: return {{"content.xml", text}};
        default:
            return {{"META-INF/container.xml", "<c><rootfile full-path=\"b.opf\"/></c>"},
                    {"b.opf", "<p><item id=\"a\" href=\"a.html\"/><itemref idref=\"a\"/></p>"},
                    {"a.html", text}};
    }
}

std::string pack(const Parts& parts) {
    std::string out(64 * 1024, '\0');
    for (const auto& [name, content] : parts) {
        out.resize(out.size() + content.size() + 1024);
    }
    std::size_t used = 0;
    archive* writer = archive_write_new();
    archive_write_set_format_zip(writer);
    archive_write_zip_set_compression_store(writer);
    archive_write_open_memory(writer, out.data(), out.size(), &used);
    for (const auto& [name, content] : parts) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, name.c_str());
        archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_write_header(writer, entry);
        archive_write_data(writer, content.data(), content.size());
        archive_entry_free(entry);
    }
    archive_write_close(writer);
    archive_write_free(writer);
    out.resize(used);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr DocumentType types[] = {DocumentType::docx, DocumentType::epub, DocumentType::pptx,
                                      DocumentType::xlsx, DocumentType::odt};
    if (size < 2) {
        return 0;
    }
    const DocumentType type = types[data[0] % std::size(types)];
    std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    if (data[1] % 2 == 1) {
        bytes = pack(parts_of(type, bytes));
    }
    try {
        if (!is_utf8(formats::read_in_process(type, bytes).markdown)) {
            std::abort();
        }
    } catch (const Error&) {
        // A sentence is an answer.
    }
    return 0;
}
