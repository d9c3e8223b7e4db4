#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rag::text {

/// Where a passage that is too long is cut by preference.
enum class CutPreference {
    line,      ///< Rows, items, lines of code; a sentence end only inside a long line.
    sentence,  ///< A sentence end; else a line end, else between words.
};

/// Both in code points; 1 <= target <= max.
struct CutRange {
    std::int64_t target = 0;
    std::int64_t max = 0;
};

/// Where to cut `text`, which holds more than `range.max` code points: bytes, more than 0. The
/// first part holds at most `range.max` code points and ends in no grapheme, unless one grapheme
/// alone is longer than that. Looks at no more of the text than the first part could hold.
std::size_t find_cut(std::string_view text, CutPreference preference, const CutRange& range);

}  // namespace rag::text
