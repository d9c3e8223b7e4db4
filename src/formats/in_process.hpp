#pragma once

#include "rag/document_reader.hpp"

#include <string_view>

namespace rag::formats {

/// Reads a document of any type but PDF in this process: what a worker does. Pure; without the
/// worker's bounds on memory and time. Throws Error{invalid_argument} with a sentence.
ReadDocument read_in_process(DocumentType type, std::string_view bytes);

}  // namespace rag::formats
