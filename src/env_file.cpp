#include "config_sources.hpp"

#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <optional>

namespace rag {
namespace {

bool is_name(std::string_view text) {
    return !text.empty() && !(text.front() >= '0' && text.front() <= '9') &&
           text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_") == std::string_view::npos;
}

bool is_comment_or_end(std::string_view text) {
    const std::string_view rest = trim(text);
    return rest.empty() || rest.front() == '#';
}

/// Null when a quote is not closed or something follows it.
std::optional<std::string> read_quoted(std::string_view text) {
    const char quote = text.front();
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == quote) {
            return is_comment_or_end(text.substr(i + 1)) ? std::optional(value) : std::nullopt;
        }
        if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
            const char next = text[++i];
            value += next == 'n' ? '\n' : next == 't' ? '\t' : next;
        } else {
            value += text[i];
        }
    }
    return std::nullopt;
}

std::optional<std::string> read_value(std::string_view text) {
    text = trim(text);
    if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
        return read_quoted(text);
    }
    // A # begins a comment only after white space: URLs and secrets may hold one.
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t')) {
            text = text.substr(0, i);
        }
    }
    return std::string(trim(text));
}

}  // namespace

std::map<std::string, std::string> parse_env_file(std::string_view text, std::string_view file) {
    std::map<std::string, std::string> values;
    std::size_t number = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = trim(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        ++number;
        if (is_comment_or_end(line)) {
            continue;
        }
        if (line.starts_with("export ")) {
            line = trim(line.substr(7));
        }
        const std::size_t equals = line.find('=');
        const std::string_view name = trim(line.substr(0, equals));
        const auto value = equals == std::string_view::npos || !is_name(name)
                               ? std::nullopt
                               : read_value(line.substr(equals + 1));
        if (!value) {
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("Line {} of {} is not NAME=value; quotes must be closed and "
                                    "comments begin with #.",
                                    number, file));
        }
        values[std::string(name)] = *value;
    }
    return values;
}

}  // namespace rag
