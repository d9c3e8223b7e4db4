#include "support/document_maker.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <cstdio>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace rag::test {
namespace {

struct FreeWriter {
    void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

const char* const docx_namespaces =
    R"(xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" )"
    R"(xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" )"
    R"(xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" )"
    R"(xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006")";

const char* const docx_styles = R"(<w:styles xmlns:w="x">
<w:style w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="Heading2"><w:name w:val="heading 2"/></w:style>
<w:style w:styleId="Mine"><w:name w:val="My own"/><w:basedOn w:val="Heading2"/></w:style>
<w:style w:styleId="Title"><w:name w:val="Title"/></w:style>
<w:style w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>
<w:style w:styleId="Normal"><w:name w:val="Normal"/></w:style></w:styles>)";

/// Objects, then the table of where each begins (ISO 32000-1, 7.5).
class PdfWriter {
public:
    int add(const std::string& content) {
        objects_.push_back(content);
        return static_cast<int>(objects_.size());
    }
    /// A number to be used before its object is there.
    int reserve() { return add(""); }
    void set(int number, const std::string& content) {
        objects_[static_cast<std::size_t>(number - 1)] = content;
    }
    std::string write(const std::string& trailer) const {
        std::string out = "%PDF-1.4\n";
        std::ostringstream table;
        table << "xref\n0 " << objects_.size() + 1 << "\n0000000000 65535 f \n";
        for (std::size_t i = 0; i < objects_.size(); ++i) {
            char line[32];
            std::snprintf(line, sizeof line, "%010zu 00000 n \n", out.size());
            table << line;
            out += std::to_string(i + 1) + " 0 obj\n" + objects_[i] + "\nendobj\n";
        }
        const std::size_t start = out.size();
        return out + table.str() + "trailer\n<< /Size " + std::to_string(objects_.size() + 1) +
               ' ' + trailer + " >>\nstartxref\n" + std::to_string(start) + "\n%%EOF\n";
    }

private:
    std::vector<std::string> objects_;
};

std::string reference(int number) {
    return std::to_string(number) + " 0 R";
}

std::string page_content(const std::string& text) {
    if (text.empty()) {
        return "";
    }
    std::string out = "BT /F1 12 Tf 72 720 Td 16 TL";
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        out += " (" + line + ") Tj T*";
    }
    return out + " ET";
}

std::string stream(const std::string& content) {
    return "<< /Length " + std::to_string(content.size()) + " >>\nstream\n" + content +
           "\nendstream";
}

std::string write_pdf(const std::vector<std::string>& pages, const std::string& title,
                      const std::string& further, int counted) {
    PdfWriter pdf;
    const int catalog = pdf.reserve();
    const int tree = pdf.reserve();
    const int font = pdf.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    const int info = pdf.add("<< /Title (" + title +
                             ") /Author (Ada Lovelace) "
                             "/CreationDate (D:20240501100000Z) >>");
    std::string kids;
    for (const std::string& text : pages) {
        const int content = pdf.add(stream(page_content(text)));
        kids += reference(pdf.add("<< /Type /Page /Parent " + reference(tree) +
                                  " /MediaBox [0 0 612 792] /Contents " + reference(content) +
                                  " /Resources << /Font << /F1 " + reference(font) + " >> >> >>")) +
                ' ';
    }
    pdf.set(catalog, "<< /Type /Catalog /Pages " + reference(tree) + " >>");
    pdf.set(tree, "<< /Type /Pages /Kids [" + kids + "] /Count " + std::to_string(counted) + " >>");
    return pdf.write("/Root " + reference(catalog) + " /Info " + reference(info) + further);
}

}  // namespace

std::string make_zip(const Parts& parts, Packing packing) {
    const std::unique_ptr<archive, FreeWriter> writer(archive_write_new());
    archive_write_set_format_zip(writer.get());
    packing == Packing::stored ? archive_write_zip_set_compression_store(writer.get())
                               : archive_write_zip_set_compression_deflate(writer.get());
    std::size_t size = 64 * 1024;
    for (const auto& [name, content] : parts) {
        size += content.size() + content.size() / 100 + 1024;
    }
    std::string out(size, '\0');
    std::size_t used = 0;
    archive_write_open_memory(writer.get(), out.data(), out.size(), &used);
    for (const auto& [name, content] : parts) {
        const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
        archive_entry_set_pathname(entry.get(), name.c_str());
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), 0644);
        if (archive_write_header(writer.get(), entry.get()) != ARCHIVE_OK ||
            archive_write_data(writer.get(), content.data(), content.size()) < 0) {
            throw std::runtime_error("no zip file could be made");
        }
    }
    if (archive_write_close(writer.get()) != ARCHIVE_OK) {
        throw std::runtime_error("no zip file could be made");
    }
    out.resize(used);
    return out;
}

std::string docx_paragraph(const std::string& style, const std::string& text) {
    return "<w:p><w:pPr><w:pStyle w:val=\"" + style +
           "\"/></w:pPr><w:r><w:t xml:space=\"preserve\">" + text + "</w:t></w:r></w:p>";
}

std::string make_docx(const std::string& body, const Parts& further) {
    const std::string office =
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";
    Parts parts{
        {"_rels/.rels",
         "<Relationships><Relationship Id=\"rId1\" Type=\"" + office +
             "officeDocument\" Target=\"word/document.xml\"/><Relationship Id=\"rId2\" Type=\"" +
             "http://schemas.openxmlformats.org/package/2006/relationships/metadata/"
             "core-properties\" Target=\"docProps/core.xml\"/></Relationships>"},
        {"docProps/core.xml",
         R"(<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:title></dc:title>)"
         R"(<dc:creator>Grace Hopper</dc:creator><dcterms:created>2024-05-01T10:00:00Z)"
         R"(</dcterms:created></cp:coreProperties>)"},
        {"word/_rels/document.xml.rels",
         "<Relationships><Relationship Id=\"rId1\" Type=\"" + office +
             "styles\" Target=\"styles.xml\"/><Relationship Id=\"rId2\" Type=\"" + office +
             "numbering\" Target=\"numbering.xml\"/><Relationship Id=\"rId3\" Type=\"" + office +
             "footnotes\" Target=\"footnotes.xml\"/><Relationship Id=\"rId9\" Type=\"" + office +
             "hyperlink\" Target=\"https://example.com/a\" TargetMode=\"External\"/>"
             "</Relationships>"},
        {"word/styles.xml", docx_styles}};
    parts.emplace_back("word/document.xml", std::string("<?xml version=\"1.0\"?><w:document ") +
                                                docx_namespaces + "><w:body>" + body +
                                                "</w:body></w:document>");
    parts.insert(parts.end(), further.begin(), further.end());
    return make_zip(parts);
}

std::string make_epub(const std::string& title, const std::vector<Chapter>& chapters,
                      const Parts& further) {
    std::string manifest;
    std::string spine;
    std::string contents;
    Parts parts{{"mimetype", "application/epub+zip"},
                {"META-INF/container.xml",
                 R"(<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles>)"
                 R"(</container>)"}};
    for (std::size_t i = 0; i < chapters.size(); ++i) {
        const std::string number = std::to_string(i + 1);
        const std::string href = "text/c" + number + ".xhtml";
        manifest += "<item id=\"c" + number + "\" href=\"" + href +
                    "\" media-type=\"application/xhtml+xml\"/>";
        spine += "<itemref idref=\"c" + number + "\"/>";
        contents += "<li><a href=\"" + href + "\">" + chapters[i].title + "</a></li>";
        parts.emplace_back("OEBPS/" + href,
                           "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">"
                           "<head><title>x</title></head><body>" +
                               chapters[i].content + "</body></html>");
    }
    parts.emplace_back("OEBPS/nav.xhtml", "<html><body><nav epub:type=\"toc\"><ol>" + contents +
                                              "</ol></nav></body></html>");
    parts.emplace_back(
        "OEBPS/book.opf",
        "<package xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><metadata><dc:title>" + title +
            "</dc:title><dc:creator>Mary Shelley</dc:creator><dc:language>en</dc:language>"
            "</metadata><manifest><item id=\"nav\" href=\"nav.xhtml\" properties=\"nav\" "
            "media-type=\"application/xhtml+xml\"/>" +
            manifest + "</manifest><spine>" + spine + "</spine></package>");
    parts.insert(parts.end(), further.begin(), further.end());
    return make_zip(parts, Packing::stored);
}

std::string make_pdf(const std::vector<std::string>& pages, const std::string& title) {
    return write_pdf(pages, title, "", static_cast<int>(pages.size()));
}

std::string make_locked_pdf() {
    const std::string key = "<" + std::string(64, 'A') + ">";
    return write_pdf({"secret"}, "",
                     " /ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>]"
                     " /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O " +
                         key + " /U " + key + " >>",
                     1);
}

std::string make_long_pdf(int pages) {
    return write_pdf(std::vector<std::string>(static_cast<std::size_t>(pages)), "", "", pages);
}

}  // namespace rag::test
