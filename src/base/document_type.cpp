#include "rag/document_reader.hpp"

#include <array>
#include <utility>

namespace rag {
namespace {

constexpr std::array<std::pair<std::string_view, DocumentType>, 17> extensions{{
    {"pdf", DocumentType::pdf},
    {"docx", DocumentType::docx},
    {"docm", DocumentType::docx},
    {"dotx", DocumentType::docx},
    {"epub", DocumentType::epub},
    {"pptx", DocumentType::pptx},
    {"pptm", DocumentType::pptx},
    {"ppsx", DocumentType::pptx},
    {"xlsx", DocumentType::xlsx},
    {"xlsm", DocumentType::xlsx},
    {"xltx", DocumentType::xlsx},
    {"odt", DocumentType::odt},
    {"ott", DocumentType::odt},
    {"ipynb", DocumentType::notebook},
    {"eml", DocumentType::mail},
    {"mbox", DocumentType::mailbox},
    {"mbx", DocumentType::mailbox},
}};

constexpr std::string_view office = "application/vnd.openxmlformats-officedocument.";

constexpr std::array<std::pair<std::string_view, DocumentType>, 6> media_types{{
    {"application/pdf", DocumentType::pdf},
    {"application/epub+zip", DocumentType::epub},
    {"application/vnd.oasis.opendocument.text", DocumentType::odt},
    {"application/x-ipynb+json", DocumentType::notebook},
    {"message/rfc822", DocumentType::mail},
    {"application/mbox", DocumentType::mailbox},
}};

}  // namespace

std::string_view to_string(DocumentType type) {
    switch (type) {
        case DocumentType::pdf: return "pdf";
        case DocumentType::docx: return "docx";
        case DocumentType::epub: return "epub";
        case DocumentType::pptx: return "pptx";
        case DocumentType::xlsx: return "xlsx";
        case DocumentType::odt: return "odt";
        case DocumentType::notebook: return "ipynb";
        case DocumentType::mail: return "eml";
        case DocumentType::mailbox: return "mbox";
    }
    return "";
}

std::optional<DocumentType> document_type_of_extension(std::string_view extension) {
    for (const auto& [known, type] : extensions) {
        if (known == extension) {
            return type;
        }
    }
    return std::nullopt;
}

std::optional<DocumentType> document_type_of_media_type(std::string_view media_type) {
    for (const auto& [known, type] : media_types) {
        if (known == media_type) {
            return type;
        }
    }
    if (media_type.starts_with(office)) {
        const std::string_view rest = media_type.substr(office.size());
        return rest.starts_with("wordprocessingml") ? std::optional(DocumentType::docx)
               : rest.starts_with("presentationml") ? std::optional(DocumentType::pptx)
               : rest.starts_with("spreadsheetml")  ? std::optional(DocumentType::xlsx)
                                                    : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace rag
