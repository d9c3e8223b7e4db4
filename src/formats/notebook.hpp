#pragma once

#include "rag/document_reader.hpp"

#include <string_view>

namespace rag::formats {

/// A Jupyter notebook (nbformat 3 and 4): text as it is, code fenced with its language, and the
/// beginnings of what it has printed. Throws Error{invalid_argument} for what is none.
ReadDocument read_notebook(std::string_view bytes);

}  // namespace rag::formats
