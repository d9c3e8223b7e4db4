#pragma once

#include "rag/document_reader.hpp"
#include "text/extract.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rag::text {

enum class SourceKind {
    html,
    markdown,
    plain,
    code,
    data,
    document,  ///< Text has to be taken out of it; see rag/document_reader.hpp.
    binary,
};

struct DetectedSource {
    SourceKind kind = SourceKind::plain;
    std::string extension;  ///< Lower case, without its dot; empty without one.
    std::string
        media_type;  ///< Of binary content, e.g. "image/png", and of documents that show it.
    std::optional<DocumentType> document;  ///< Of a document.
};

/// What the bytes are: what they begin with counts first, then the name's extension, then the
/// content type, and last whether they look like HTML.
DetectedSource detect_source(std::string_view bytes, const SourceHint& hint);

/// How text of this kind is cut.
TextFormat format_of(SourceKind kind);

/// How the stored text of a file with this extension is cut: what was taken out of a document is
/// Markdown.
TextFormat format_of_extension(const std::string& extension);

}  // namespace rag::text
