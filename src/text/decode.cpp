#include "text/decode.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "text/characters.hpp"

#include <unicode/ucnv.h>
#include <unicode/unistr.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace rag::text {
namespace {

struct ByteOrderMark {
    std::string_view bytes;
    std::string_view charset;
};

// UTF-32 first: its little-endian mark begins with that of UTF-16.
constexpr ByteOrderMark byte_order_marks[] = {
    {std::string_view("\xFF\xFE\0\0", 4), "utf-32le"},
    {std::string_view("\0\0\xFE\xFF", 4), "utf-32be"},
    {"\xFF\xFE", "utf-16le"},
    {"\xFE\xFF", "utf-16be"},
    {"\xEF\xBB\xBF", "utf-8"},
};

/// The word after `key`, without quotes.
std::string value_after(const std::string& text, std::string_view key, std::size_t from = 0) {
    const std::size_t found = text.find(key, from);
    if (found == std::string::npos) {
        return {};
    }
    const std::size_t begin = text.find_first_not_of(" \t\"'=", found + key.size());
    if (begin == std::string::npos) {
        return {};
    }
    const std::size_t end = text.find_first_of(" \t\r\n\"';,/>", begin);
    return text.substr(begin, end - begin);
}

/// The name to ask ICU for: as the WHATWG Encoding Standard reads labels, and nothing that ICU
/// could take for a file or an option.
std::string converter_name(std::string_view charset) {
    constexpr std::size_t name_bytes_max = 40;
    const bool legal = std::all_of(charset.begin(), charset.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
    if (!legal || charset.empty() || charset.size() > name_bytes_max) {
        return {};
    }
    const std::string name = ascii_lower(charset);
    if (name == "iso-8859-1" || name == "iso8859-1" || name == "latin1" || name == "us-ascii" ||
        name == "ascii") {
        return "windows-1252";
    }
    return name == "gb2312" ? "gb18030" : name;
}

struct ConverterCloser {
    void operator()(UConverter* converter) const { ucnv_close(converter); }
};

/// Null when ICU does not know the charset or the bytes are too many for it.
std::optional<std::string> convert(std::string_view bytes, const std::string& name) {
    constexpr std::size_t bytes_max = 512U << 20U;
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<UConverter, ConverterCloser> converter(
        name.empty() || bytes.size() > bytes_max ? nullptr : ucnv_open(name.c_str(), &status));
    if (converter == nullptr || U_FAILURE(status)) {
        return std::nullopt;
    }
    // In pieces: the whole page in UTF-16 would take twice its size again.
    constexpr std::size_t piece_units = 16 * 1024;
    std::vector<UChar> piece(piece_units);
    const char* source = bytes.data();
    const char* const end = source + bytes.size();
    std::string out;
    std::size_t carried = 0;  // A lead surrogate whose other half is yet to come.
    do {
        status = U_ZERO_ERROR;
        UChar* target = piece.data() + carried;
        ucnv_toUnicode(converter.get(), &target, piece.data() + piece.size(), &source, end, nullptr,
                       true, &status);
        if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR) {
            return std::nullopt;
        }
        const bool more = status == U_BUFFER_OVERFLOW_ERROR;
        auto units = static_cast<std::size_t>(target - piece.data());
        carried = more && units > 0 && U16_IS_LEAD(piece[units - 1]) ? 1 : 0;
        units -= carried;
        icu::UnicodeString(false, piece.data(), static_cast<std::int32_t>(units)).toUTF8String(out);
        piece[0] = carried > 0 ? piece[units] : piece[0];
    } while (status == U_BUFFER_OVERFLOW_ERROR);
    return out;
}

std::string decode(std::string_view bytes, std::string_view charset) {
    for (const ByteOrderMark& mark : byte_order_marks) {
        if (bytes.starts_with(mark.bytes)) {
            bytes.remove_prefix(mark.bytes.size());
            charset = mark.charset;
            break;
        }
    }
    const std::string name = converter_name(charset);
    const bool is_declared_utf8 = name == "utf-8" || name == "utf8";
    // Pages in UTF-8 that declare something older are more frequent than the opposite accident.
    const bool single_byte = name.empty() || name == "windows-1252";
    if (is_ascii(bytes) && (single_byte || is_declared_utf8)) {
        return std::string(bytes);
    }
    if ((single_byte || is_declared_utf8) && is_utf8(bytes)) {
        return std::string(bytes);
    }
    if (is_declared_utf8) {
        return replace_invalid_utf8(bytes);
    }
    if (auto converted = convert(bytes, name)) {
        return std::move(*converted);
    }
    if (is_utf8(bytes)) {
        return std::string(bytes);
    }
    auto converted = convert(bytes, "windows-1252");
    return converted ? std::move(*converted) : replace_invalid_utf8(bytes);
}

/// In place: no result is longer than what it was made from.
void normalise_lines(std::string& text) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '\0') {
            continue;
        }
        if (c == '\r') {
            c = '\n';
            i += i + 1 < text.size() && text[i + 1] == '\n' ? 1 : 0;
        }
        text[out++] = c;
    }
    text.resize(out);
}

}  // namespace

std::string charset_of(std::string_view content_type) {
    return value_after(ascii_lower(content_type), "charset=");
}

std::string charset_in_html(std::string_view bytes) {
    // The HTML Standard looks at 1024 bytes; real pages are not always that punctual.
    constexpr std::size_t looked_at = 4096;
    const std::string head = ascii_lower(bytes.substr(0, looked_at));
    for (std::size_t meta = head.find("<meta"); meta != std::string::npos;
         meta = head.find("<meta", meta + 1)) {
        const std::size_t charset = head.find("charset", meta);
        if (charset < head.find('>', meta)) {
            return value_after(head, "charset", meta);
        }
    }
    return {};
}

std::string decode_text(std::string_view bytes, std::string_view charset) {
    std::string text = decode(bytes, charset);
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.erase(0, 3);
    }
    normalise_lines(text);
    return text;
}

bool has_wide_byte_order_mark(std::string_view bytes) {
    return std::any_of(std::begin(byte_order_marks), std::end(byte_order_marks),
                       [&](const ByteOrderMark& mark) {
                           return mark.charset != "utf-8" && bytes.starts_with(mark.bytes);
                       });
}

}  // namespace rag::text
