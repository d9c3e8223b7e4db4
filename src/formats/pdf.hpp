#pragma once

#include "rag/document_reader.hpp"

#include <string>
#include <string_view>

namespace rag::formats {

/// The program of poppler-utils that PDFs are read with; empty when it is not installed.
std::string find_pdf_program();

/// Reads the PDF that an open file holds, by `pdftotext` and `pdfinfo` as programs of their own:
/// poppler's licence (GPL) and its history of faults both ask for that. To be called in a worker,
/// whose limits the programs inherit.
ReadDocument read_pdf(int file);

/// What pdfinfo prints: `Key:   value` lines.
struct PdfFacts {
    int pages = 0;
    std::string title;
    Metadata metadata = Metadata::object();
};
PdfFacts parse_pdfinfo(std::string_view printed);

/// What pdftotext prints, a form feed after each page, as sections "Page 1", "Page 2"...; words
/// that were divided at the end of a line are whole again. Pages without text are left out; empty
/// when none has any.
std::string markdown_of_pages(std::string_view printed);

}  // namespace rag::formats
