#include "memory/file_text.hpp"

#include "rag/error.hpp"
#include "text/detect.hpp"

#include <fmt/format.h>

#include <utility>

namespace rag::memory {

text::ExtractedText extract_file(const CallContext& context, DocumentReader* documents,
                                 std::string_view bytes, std::string_view filename,
                                 std::string_view shown) {
    const text::SourceHint hint{std::string(filename), ""};
    const text::DetectedSource source = text::detect_source(bytes, hint);
    if (!source.document || documents == nullptr) {
        return text::extract_text(bytes, hint);
    }
    ReadDocument read;
    try {
        read = documents->read(context, *source.document, bytes);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::invalid_argument) {
            throw;
        }
        throw Error(error.code(), fmt::format("{}: {}", shown, error.message()));
    }
    text::ExtractedText extracted;
    extracted.text = std::move(read.markdown);
    extracted.title = std::move(read.title);
    extracted.format = text::TextFormat::markdown;
    extracted.file_type =
        source.extension.empty() ? std::string(to_string(*source.document)) : source.extension;
    extracted.metadata = std::move(read.metadata);
    if (!extracted.title.empty()) {
        extracted.metadata["title"] = extracted.title;
    }
    return extracted;
}

}  // namespace rag::memory
