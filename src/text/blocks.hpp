#pragma once

#include "text/chunk.hpp"
#include "text/cut.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace rag::text {

constexpr std::int64_t heading_code_points_max = 400;        ///< A longer line is a paragraph.
constexpr std::int64_t heading_title_code_points_max = 120;  ///< What of it a heading path shows.

/// A part of a text that is best kept whole: bytes [begin, end), with white space at neither end.
struct Block {
    std::size_t begin = 0;
    std::size_t end = 0;
    CutPreference preference = CutPreference::sentence;
    int heading_level = 0;           ///< 1 to 6; 0 for anything but a heading.
    std::string heading_title;       ///< Without markup.
    bool begins_definition = false;  ///< Code: something of its own begins here.
};

using BlockSink = std::function<void(const Block&)>;

/// Finds the blocks of a text in order and hands each one over; every non-blank character is in
/// one. Markdown by the parts of CommonMark 0.31 (sections 4.1-4.5) and of GitHub's tables that
/// decide where blocks begin and end; lists are blocks like paragraphs.
void find_blocks(std::string_view text, TextFormat format, const BlockSink& sink);

}  // namespace rag::text
