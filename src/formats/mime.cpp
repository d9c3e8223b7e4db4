#include "formats/mime.hpp"

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "base/utf8.hpp"
#include "formats/markdown_builder.hpp"
#include "text/decode.hpp"

#include <algorithm>
#include <optional>

namespace rag::formats {
namespace {

constexpr std::size_t headers_max = 1'000;
constexpr std::size_t header_bytes_max = 64 * 1024;

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char low = ascii_lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// Bytes written as `mark` and two hexadecimal digits.
std::string decode_marked(std::string_view text, char mark) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == mark && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low >= 0) {
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

/// An encoded word (RFC 2047, section 2) at the front; null for anything else.
std::optional<std::string> take_encoded_word(std::string_view& text) {
    if (!text.starts_with("=?")) {
        return std::nullopt;
    }
    const std::size_t charset_end = text.find('?', 2);
    if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() ||
        text[charset_end + 2] != '?') {
        return std::nullopt;
    }
    const std::size_t begin = charset_end + 3;
    const std::size_t end = text.find("?=", begin);
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    std::string charset = ascii_lower(text.substr(2, charset_end - 2));
    charset = charset.substr(0, charset.find('*'));  // RFC 2231 puts a language there.
    std::string content(text.substr(begin, end - begin));
    if (ascii_lower(text[charset_end + 1]) == 'b') {
        content = decode_base64_loosely(content);
    } else {
        std::replace(content.begin(), content.end(), '_', ' ');
        content = decode_marked(content, '=');
    }
    text.remove_prefix(end + 2);
    return text::decode_text(content, charset);
}

/// RFC 2231: charset'language'bytes with percent signs.
std::string decode_extended(std::string_view value) {
    const std::size_t first = value.find('\'');
    const std::size_t second =
        first == std::string_view::npos ? first : value.find('\'', first + 1);
    if (second == std::string_view::npos) {
        return std::string(value);
    }
    return text::decode_text(decode_marked(value.substr(second + 1), '%'),
                             ascii_lower(value.substr(0, first)));
}

std::string take_parameter_value(std::string_view& rest) {
    std::string value;
    if (!rest.starts_with('"')) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        value = trim(rest.substr(0, end));
        rest.remove_prefix(end);
        return value;
    }
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
        i += rest[i] == '\\' && i + 1 < rest.size() ? 1 : 0;
        value.push_back(rest[i]);
    }
    rest.remove_prefix(std::min(i + 1, rest.size()));
    return value;
}

}  // namespace

std::string HeaderValue::parameter(std::string_view name) const {
    std::string continued;
    for (const auto& [key, written] : parameters) {
        if (key == name) {
            return header_text(written);
        }
        if (!key.starts_with(name) || key.size() <= name.size() || key[name.size()] != '*') {
            continue;
        }
        continued += written;
    }
    return one_line(decode_extended(continued));
}

HeaderValue parse_header_value(std::string_view header) {
    HeaderValue parsed;
    const std::size_t end = std::min(header.find(';'), header.size());
    parsed.value = ascii_lower(trim(header.substr(0, end)));
    header.remove_prefix(end);
    while (!header.empty()) {
        header.remove_prefix(1);
        const std::size_t equals = header.find_first_of("=;");
        if (equals == std::string_view::npos) {
            break;
        }
        const std::string key = ascii_lower(trim(header.substr(0, equals)));
        const bool has_value = header[equals] == '=';
        header.remove_prefix(equals);
        if (has_value) {
            header.remove_prefix(1);
            header.remove_prefix(std::min(header.find_first_not_of(" \t"), header.size()));
            parsed.parameters.emplace_back(key, take_parameter_value(header));
            header.remove_prefix(std::min(header.find(';'), header.size()));
        }
    }
    return parsed;
}

std::string header_text(std::string_view header) {
    std::string out;
    std::string raw;  // What stands between encoded words, in whatever encoding the writer had.
    bool after_word = false;
    const auto flush = [&] {
        // White space between two encoded words does not count.
        if (!after_word || !is_blank(raw)) {
            out += text::decode_text(raw, "");
        }
        raw.clear();
    };
    while (!header.empty()) {
        std::string_view rest = header;
        if (const auto word = take_encoded_word(rest)) {
            flush();
            out += *word;
            header = rest;
            after_word = true;
        } else {
            raw.push_back(header.front());
            after_word = after_word && (header.front() == ' ' || header.front() == '\t');
            header.remove_prefix(1);
        }
    }
    after_word = false;
    flush();
    return one_line(out);
}

std::string decode_quoted_printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const bool has_end = text.find('\n') != std::string_view::npos;
        std::string_view line = take_line(text);
        while (line.ends_with(' ') || line.ends_with('\t')) {
            line.remove_suffix(1);
        }
        const bool goes_on = line.ends_with('=');
        line.remove_suffix(goes_on ? 1 : 0);
        out += decode_marked(line, '=');
        out += has_end && !goes_on ? "\n" : "";
    }
    return out;
}

std::string decode_base64_loosely(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    for (const char c : text) {
        const char low = ascii_lower(c);
        if ((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/') {
            clean.push_back(c);
        }
    }
    clean.resize(clean.size() - (clean.size() % 4 == 1 ? 1 : 0));
    if (clean.size() % 4 != 0) {
        // The bits that do not fill a byte have to be zero.
        constexpr std::string_view alphabet =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const std::size_t mask = clean.size() % 4 == 2 ? 0x30 : 0x3C;
        clean.back() = alphabet[alphabet.find(clean.back()) & mask];
        clean.append(4 - clean.size() % 4, '=');
    }
    return from_base64(clean).value_or(std::string());
}

MimePart::MimePart(std::string_view bytes) {
    while (!bytes.empty() && headers_.size() < headers_max) {
        const std::string_view line = take_line(bytes);
        if (line.empty()) {
            break;
        }
        if ((line.front() == ' ' || line.front() == '\t') && !headers_.empty()) {
            std::string& value = headers_.back().second;
            if (value.size() + line.size() < header_bytes_max) {
                value += ' ' + std::string(trim(line));
            }
            continue;
        }
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos) {
            headers_.emplace_back(ascii_lower(trim(line.substr(0, colon))),
                                  trim(line.substr(colon + 1)));
        }
    }
    body_ = bytes;
    const std::string_view type = header("content-type");
    type_ = parse_header_value(type.empty() ? "text/plain" : type);
}

std::string_view MimePart::header(std::string_view name) const {
    for (const auto& [key, value] : headers_) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

bool MimePart::is_attachment() const {
    return parse_header_value(header("content-disposition")).value == "attachment";
}

std::string MimePart::name() const {
    std::string name = parse_header_value(header("content-disposition")).parameter("filename");
    return name.empty() ? type_.parameter("name") : name;
}

std::vector<MimePart> MimePart::parts() const {
    std::vector<MimePart> parts;
    const std::string boundary = "--" + type_.parameter("boundary");
    if (boundary.size() == 2) {
        return parts;
    }
    std::string_view rest = body_;
    const char* begin = nullptr;
    while (!rest.empty() && parts.size() < mime_parts_max) {
        const std::string_view line = take_line(rest);
        if (!line.starts_with(boundary)) {
            continue;
        }
        if (begin != nullptr) {
            parts.emplace_back(
                std::string_view(begin, static_cast<std::size_t>(line.data() - begin)));
        }
        begin = rest.data();
        if (line.substr(boundary.size()).starts_with("--")) {
            return parts;
        }
    }
    if (begin != nullptr && parts.size() < mime_parts_max) {
        // Cut off before its end.
        const char* end = body_.data() + body_.size();
        parts.emplace_back(std::string_view(begin, static_cast<std::size_t>(end - begin)));
    }
    return parts;
}

std::string MimePart::content() const {
    const std::string encoding = ascii_lower(trim(header("content-transfer-encoding")));
    if (encoding == "base64") {
        return decode_base64_loosely(body_);
    }
    return encoding == "quoted-printable" ? decode_quoted_printable(body_) : std::string(body_);
}

std::string MimePart::text() const {
    return text::decode_text(content(), ascii_lower(type_.parameter("charset")));
}

}  // namespace rag::formats
