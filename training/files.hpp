#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rag::training {

/// Throws Error{invalid_argument} that names the path.
std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Without the line ends; a last empty line is none.
std::vector<std::string_view> lines_of(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);

/// White space as single spaces, none at the ends.
std::string on_one_line(std::string_view text);

}  // namespace rag::training
