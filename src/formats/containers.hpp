#pragma once

#include "rag/document_reader.hpp"

#include <string_view>

/// The documents that are zip files of XML. Each function is pure and throws
/// Error{invalid_argument} with a sentence for what is damaged, encrypted, or larger than
/// limits.hpp allows.
namespace rag::formats {

/// Word (ECMA-376, part 1, 17): headings, lists, tables, links, notes, text boxes. What a revision
/// has deleted is left out.
ReadDocument read_docx(std::string_view bytes);

/// Electronic books (EPUB 2 and 3) in the order of reading; a chapter that has no heading of its
/// own gets that of the table of contents.
ReadDocument read_epub(std::string_view bytes);

/// PowerPoint: a section "Slide 3: Title" for each slide, with the speaker's notes.
ReadDocument read_pptx(std::string_view bytes);

/// Excel: a section with a table for each visible sheet; dates as dates.
ReadDocument read_xlsx(std::string_view bytes);

/// OpenDocument text: headings, lists, tables, links, notes.
ReadDocument read_odt(std::string_view bytes);

}  // namespace rag::formats
