#pragma once

#include "text/extract.hpp"

#include <string>
#include <string_view>

namespace rag::text {

enum class SourceKind { html, markdown, plain, code, data, binary };

struct DetectedSource {
    SourceKind kind = SourceKind::plain;
    std::string extension;   ///< Lower case, without its dot; empty without one.
    std::string media_type;  ///< Of binary content, e.g. "image/png".
};

/// What the bytes are: what they begin with counts first, then the name's extension, then the
/// content type, and last whether they look like HTML.
DetectedSource detect_source(std::string_view bytes, const SourceHint& hint);

}  // namespace rag::text
