#include "formats/in_process.hpp"

#include "base/utf8.hpp"
#include "formats/containers.hpp"
#include "formats/mail.hpp"
#include "formats/notebook.hpp"
#include "rag/error.hpp"

namespace rag::formats {
namespace {

ReadDocument read_any(DocumentType type, std::string_view bytes) {
    switch (type) {
        case DocumentType::docx: return read_docx(bytes);
        case DocumentType::epub: return read_epub(bytes);
        case DocumentType::pptx: return read_pptx(bytes);
        case DocumentType::xlsx: return read_xlsx(bytes);
        case DocumentType::odt: return read_odt(bytes);
        case DocumentType::notebook: return read_notebook(bytes);
        case DocumentType::mail: return read_mail(bytes);
        case DocumentType::mailbox: return read_mailbox(bytes);
        case DocumentType::pdf: break;
    }
    throw Error(ErrorCode::internal, "A PDF is read by a program of its own.");
}

}  // namespace

ReadDocument read_in_process(DocumentType type, std::string_view bytes) {
    ReadDocument document = read_any(type, bytes);
    if (is_blank(document.markdown)) {
        throw Error(ErrorCode::invalid_argument,
                    "The document holds no text. Where it shows pictures of text, run text "
                    "recognition over them first.");
    }
    if (!is_utf8(document.markdown)) {
        document.markdown = replace_invalid_utf8(document.markdown);
    }
    return document;
}

}  // namespace rag::formats
