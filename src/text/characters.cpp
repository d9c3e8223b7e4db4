#include "text/characters.hpp"

#include "base/utf8.hpp"

#include <unicode/uchar.h>

#include <cstdint>
#include <cstring>

namespace rag::text {
namespace {

bool between(char32_t c, char32_t first, char32_t last) {
    return c >= first && c <= last;
}

}  // namespace

bool is_space(char32_t c) {
    if (c < 0x80) {
        return c == 0x20 || between(c, 0x09, 0x0D);
    }
    return c == 0x85 || c == 0xA0 || c == 0x1680 || between(c, 0x2000, 0x200B) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

bool extends_grapheme(char32_t c) {
    if (c < 0x300) {
        return false;
    }
    const int kind = u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_GRAPHEME_CLUSTER_BREAK);
    return kind == U_GCB_EXTEND || kind == U_GCB_SPACING_MARK || kind == U_GCB_ZWJ;
}

bool is_spaceless_script(char32_t c) {
    if (c < 0x0E01) {
        return false;
    }
    if (c < 0x1100) {
        return between(c, 0x0E01, 0x0E3A) || between(c, 0x0E40, 0x0E4E) ||  // Thai
               between(c, 0x0E81, 0x0ECF) || between(c, 0x0EDC, 0x0EDF) ||  // Lao
               between(c, 0x1000, 0x103F) || between(c, 0x1050, 0x108F);    // Myanmar
    }
    if (c < 0x3400) {
        return between(c, 0x1100, 0x11FF) ||                                // Hangul letters
               between(c, 0x1780, 0x17D3) ||                                // Khmer
               between(c, 0x2E80, 0x2FDF) || c == 0x3005 || c == 0x3007 ||  // Han
               between(c, 0x3041, 0x3096) || between(c, 0x3099, 0x309A) ||  // Hiragana
               between(c, 0x309D, 0x309F) || between(c, 0x30A1, 0x30FA) ||  // Katakana
               between(c, 0x30FC, 0x30FF) || between(c, 0x3105, 0x312F) ||  // Bopomofo
               between(c, 0x3131, 0x318E) || between(c, 0x31F0, 0x31FF);
    }
    return between(c, 0x3400, 0x4DBF) || between(c, 0x4E00, 0x9FFF) || between(c, 0xAC00, 0xD7A3) ||
           between(c, 0xF900, 0xFAFF) || between(c, 0xFF66, 0xFF9F) || between(c, 0x20000, 0x323AF);
}

PrecedingCodePoint code_point_before(std::string_view text, std::size_t offset) {
    std::size_t begin = offset - 1;
    while (begin > 0 && offset - begin < 4 &&
           (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) {
        --begin;
    }
    const DecodedCodePoint c = decode_utf8(text, begin);
    if (begin + c.bytes == offset) {
        return {c.value, begin};
    }
    return {0xFFFD, offset - 1};
}

std::size_t leading_space(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const DecodedCodePoint c = decode_utf8(text, i);
        if (!is_space(c.value)) {
            break;
        }
        i += c.bytes;
    }
    return i;
}

std::size_t trailing_space(std::string_view text) {
    std::size_t end = text.size();
    while (end > 0) {
        const PrecedingCodePoint c = code_point_before(text, end);
        if (!is_space(c.value)) {
            break;
        }
        end = c.offset;
    }
    return text.size() - end;
}

std::size_t grapheme_start(std::string_view text, std::size_t floor, std::size_t offset) {
    if (offset <= floor || offset >= text.size() ||
        static_cast<unsigned char>(text[offset]) < 0x80 ||
        !extends_grapheme(decode_utf8(text, offset).value)) {
        return offset;
    }
    const PrecedingCodePoint space = code_point_before(text, offset);
    const int category = u_charType(static_cast<UChar32>(space.value));
    return category == U_SPACE_SEPARATOR ? space.offset : offset;
}

bool is_ascii(std::string_view text) {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + i, 8);
        if ((eight & high_bits) != 0) {
            return false;
        }
    }
    for (; i < text.size(); ++i) {
        if (static_cast<unsigned char>(text[i]) >= 0x80) {
            return false;
        }
    }
    return true;
}

}  // namespace rag::text
