#pragma once

#include <string>
#include <vector>

namespace rag::tidy {

/// A file of the tree, path relative to its root, e.g. "src/memory/search.cpp".
struct SourceFile {
    std::string path;
    std::vector<std::string> lines;

    std::string room() const;  ///< "memory", "include", or "root" for files directly in src/.
};

/// Sentences "path:line: what is wrong", one for each breach.
using Findings = std::vector<std::string>;

/// Includes of our own headers go only where the table of src/README.md lets them.
Findings check_room_dependencies(const SourceFile& file);
/// Each third-party library is included in the rooms that own it.
Findings check_third_party(const SourceFile& file);
/// Coroutines, environment, output and threads stay in their places; unfinished work is not left.
Findings check_banned_words(const SourceFile& file);
/// Columns, lines of a file, lines of a function, #pragma once.
Findings check_shape(const SourceFile& file);

constexpr std::size_t columns_max = 100;
constexpr std::size_t file_lines_max = 500;
constexpr std::size_t function_lines_max = 70;

}  // namespace rag::tidy
