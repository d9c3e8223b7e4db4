#include "text/extract.hpp"

#include "base/utf8.hpp"
#include "rag/error.hpp"
#include "text/blocks.hpp"
#include "text/decode.hpp"
#include "text/detect.hpp"
#include "text/html.hpp"
#include "text/lines.hpp"

namespace rag::text {
namespace {

void check_size(std::string_view bytes) {
    if (bytes.size() > source_bytes_max) {
        throw Error(ErrorCode::invalid_argument,
                    "The source holds " + std::to_string(bytes.size()) + " bytes; at most " +
                        std::to_string(source_bytes_max) + " can be read. Split it first.");
    }
}

/// The value of `key: value` lines, without quotes. Other YAML is left alone.
std::string front_matter_value(std::string_view text, std::string_view key) {
    const Line first = line_at(text, 0);
    if (without_trailing_space(first.of(text)) != "---") {
        return {};
    }
    constexpr std::size_t bytes_max = 64 * 1024;
    std::string found;
    for (std::size_t offset = first.next; offset < std::min(text.size(), bytes_max);) {
        const Line line = line_at(text, offset);
        const std::string_view content = without_trailing_space(line.of(text));
        offset = line.next;
        if (content == "---" || content == "...") {
            return found;
        }
        if (found.empty() && content.starts_with(key) &&
            content.substr(key.size()).starts_with(":")) {
            std::string_view value = trim(content.substr(key.size() + 1));
            if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                value.back() == value.front()) {
                value = value.substr(1, value.size() - 2);
            }
            found = value;
        }
    }
    return {};
}

std::string first_heading(std::string_view text) {
    // A title stands near the beginning or nowhere.
    constexpr std::size_t looked_at = 64 * 1024;
    const std::size_t cut = text.size() > looked_at ? text.rfind('\n', looked_at) : text.size();
    std::string title;
    find_blocks(text.substr(0, cut), TextFormat::markdown, [&](const Block& block) {
        if (title.empty() && block.heading_level == 1) {
            title = block.heading_title;
        }
    });
    return title;
}

void read_markdown_head(ExtractedText& extracted) {
    extracted.title = front_matter_value(extracted.text, "title");
    if (extracted.title.empty()) {
        extracted.title = first_heading(extracted.text);
    }
    for (const char* key : {"description", "language"}) {
        if (std::string value = front_matter_value(extracted.text, key); !value.empty()) {
            extracted.metadata[key] = std::move(value);
        }
    }
}

}  // namespace

ExtractedText extract_text(std::string_view bytes, const SourceHint& hint) {
    check_size(bytes);
    const DetectedSource source = detect_source(bytes, hint);
    const std::string subject =
        hint.filename.empty() ? std::string("The source") : "'" + hint.filename + "'";
    if (source.document) {
        throw Error(ErrorCode::invalid_argument,
                    subject + " holds a document of type " +
                        (source.media_type.empty() ? std::string(to_string(*source.document))
                                                   : source.media_type) +
                        ", whose text has to be taken out of it first. Pass it as a file.");
    }
    if (source.kind == SourceKind::binary) {
        throw Error(ErrorCode::invalid_argument,
                    subject + " holds binary content of type " + source.media_type +
                        ", from which no text can be read. Convert it to text, Markdown or HTML.");
    }
    ExtractedText extracted;
    if (source.kind == SourceKind::html) {
        extracted = read_html(bytes, hint.content_type).extracted;
    } else {
        extracted.text = decode_text(bytes, charset_of(hint.content_type));
        extracted.format = format_of(source.kind);
        extracted.file_type = source.kind == SourceKind::markdown ? "md" : "txt";
    }
    if (!source.extension.empty()) {
        extracted.file_type = source.extension;
    }
    if (source.kind == SourceKind::markdown) {
        read_markdown_head(extracted);
    }
    return extracted;
}

}  // namespace rag::text
