#pragma once

#include "formats/in_process.hpp"
#include "rag/error.hpp"
#include "support/document_maker.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace rag::test {

inline std::string markdown_of(DocumentType type, std::string_view bytes) {
    return formats::read_in_process(type, bytes).markdown;
}

/// The sentence that reading ends with; "" when it succeeds.
inline std::string refusal_of(DocumentType type, std::string_view bytes) {
    try {
        formats::read_in_process(type, bytes);
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::invalid_argument);
        return error.message();
    }
    return {};
}

inline bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace rag::test
