#pragma once

#include "rag/document_reader.hpp"
#include "text/extract.hpp"

#include <string_view>

namespace rag::memory {

/// The text of a file, whatever kind it is: documents by `documents` (null: they are refused), the
/// rest by text/extract. `shown` is how the caller knows the file. Throws Error{invalid_argument}
/// that names it.
text::ExtractedText extract_file(const CallContext& context, DocumentReader* documents,
                                 std::string_view bytes, std::string_view filename,
                                 std::string_view shown);

}  // namespace rag::memory
