#pragma once

#include "rag/context.hpp"

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace rag::cli {

/// Whether a person reads this stream.
bool is_terminal(std::FILE* stream);

/// Columns of the terminal behind standard output; 100 when there is none.
std::size_t terminal_width();

/// The text broken at spaces into lines of at most `width` code points, each begun with `indent`.
/// Line breaks of the text stay.
std::string wrap_text(std::string_view text, std::size_t width, std::string_view indent);

/// "1.5 MB", "312 bytes"
std::string format_bytes(std::int64_t bytes);

/// Rows with columns as wide as their widest cell; the first row is the heading.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

/// A sink that draws a bar on standard error when that is a terminal; an empty one otherwise.
/// The bar's line is removed by clear_progress_bar().
ProgressSink make_progress_bar();
void clear_progress_bar();

}  // namespace rag::cli
