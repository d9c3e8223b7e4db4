#pragma once

#include "rag/document.hpp"
#include "text/chunk.hpp"

#include <string>
#include <string_view>

namespace rag::text {

/// Where bytes come from, as far as it tells what they are.
struct SourceHint {
    std::string filename;      ///< Its extension counts; may be empty.
    std::string content_type;  ///< Of an HTTP answer, with its charset; may be empty.
};

/// The text of a source, ready to be chunked and shown.
struct ExtractedText {
    std::string text;   ///< Well-formed UTF-8, lines ended by \n. HTML has become Markdown.
    std::string title;  ///< As the source itself gives it; empty when it does not.
    TextFormat format = TextFormat::plain;
    std::string file_type;  ///< The extension in lower case without its dot; else html, md, txt.
    Metadata metadata =
        Metadata::object();  ///< description, language... where the source has them.
};

/// Finds out what the bytes are (by extension, content type and the bytes themselves), decodes them
/// (UTF-8, UTF-16 with BOM, the declared charset, else Latin-1 when it is text) and extracts text:
/// plain text, Markdown, HTML (main content as Markdown), source code, JSON, YAML, XML, TOML, INI,
/// CSV. Throws Error{invalid_argument} that names the type for documents (rag/document_reader.hpp)
/// and for other binary content.
ExtractedText extract_text(std::string_view bytes, const SourceHint& hint);

}  // namespace rag::text
