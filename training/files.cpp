#include "files.hpp"

#include "rag/error.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace rag::training {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} cannot be read; name a file that can.", path.string()));
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} cannot be written; name another file.", path.string()));
    }
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines = split(text, '\n');
    for (std::string_view& line : lines) {
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
    }
    if (lines.back().empty()) {
        lines.pop_back();
    }
    return lines;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

std::string on_one_line(std::string_view text) {
    std::string line;
    line.reserve(text.size());
    bool gap = false;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= ' ') {
            gap = !line.empty();
            continue;
        }
        if (gap) {
            line.push_back(' ');
            gap = false;
        }
        line.push_back(c);
    }
    return line;
}

}  // namespace rag::training
