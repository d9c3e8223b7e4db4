#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rag::text {

/// How a document's text is structured, and so where it may be cut.
enum class TextFormat {
    markdown,  ///< Headings, lists, tables, fenced code.
    plain,     ///< Paragraphs and sentences; a Markdown heading is not one here.
    code,      ///< Source code: cut at functions and classes.
    data,      ///< JSON, YAML, CSV, INI, logs: cut at lines.
};

struct ChunkLimits {
    std::int64_t code_points_target = 1200;
    std::int64_t code_points_max = 2400;
};

/// `content` is exactly the code points [char_start, char_end) of the text that was cut.
struct TextChunk {
    std::string content;
    std::int64_t char_start = 0;
    std::int64_t char_end = 0;
    std::string heading_path;  ///< "Guide > Install > Linux"; empty at the top.
    /// The pages that it stands on, counted from 1; 0 in a text that is not one of pages. A text
    /// that begins with the heading "# Page 1" (or any other number) is one of pages.
    std::int64_t page_first = 0;
    std::int64_t page_last = 0;
};

/// Cuts well-formed UTF-8 into passages, in order, without overlap; white space between them
/// belongs to none. Sections are kept apart, short ones joined up to the target; a code fence,
/// table or paragraph stays whole up to the maximum and is then cut at a line, row or sentence end;
/// never inside a grapheme (UAX #29). Every non-blank character of the text is in exactly one
/// chunk. A blank text gives none. Pure; linear in the length.
std::vector<TextChunk> chunk_text(std::string_view text, TextFormat format,
                                  const ChunkLimits& limits = {});

/// What is embedded and indexed for words: title, heading path and passage, in that order.
std::string indexed_text(std::string_view title, std::string_view heading_path,
                         std::string_view content);

}  // namespace rag::text
