#include "text/word_form.hpp"

#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <array>
#include <cstdint>
#include <optional>

namespace rag::text {
namespace {

constexpr char32_t latin1_letters_first = 0xC0;
constexpr auto latin1_letters = std::to_array<std::string_view>({
    "A", "A", "A", "A", "A", "A", "AE", "C", "E", "E", "E", "E", "I", "I", "I",  "I",
    "D", "N", "O", "O", "O", "O", "O",  " ", "O", "U", "U", "U", "U", "Y", "Th", "ss",
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i",  "i",
    "d", "n", "o", "o", "o", "o", "o",  " ", "o", "u", "u", "u", "u", "y", "th", "y",
});

/// What the commonest characters outside ASCII become; null for those that normalisation is to
/// decide about. The letters here either decompose to the same or do not decompose at all.
std::optional<std::string_view> spelled_out(char32_t c) {
    if (c >= latin1_letters_first && c < latin1_letters_first + latin1_letters.size()) {
        return latin1_letters[c - latin1_letters_first];
    }
    switch (c) {
        case 0x00AD:
        case 0x200C:
        case 0x200D:
        case 0x2060:
        case 0xFEFF: return "";
        case 0x02BC:
        case 0x2018:
        case 0x2019: return "'";
        case 0x2010:
        case 0x2011: return "-";
        case 0x00A0:
        case 0x200B:
        case 0x2012:
        case 0x2013:
        case 0x2014:
        case 0x2015:
        case 0x201A:
        case 0x201C:
        case 0x201D:
        case 0x201E:
        case 0x2022:
        case 0x2026: return " ";
        case 0x0110: return "D";
        case 0x0111: return "d";
        case 0x0131: return "i";
        case 0x0141: return "L";
        case 0x0142: return "l";
        case 0x0152: return "OE";
        case 0x0153: return "oe";
        case 0x1E9E: return "SS";
        default: return std::nullopt;
    }
}

/// Marks that a reader may leave out; those that make the syllable (Thai, Indic, kana) are not.
bool is_optional_mark(char32_t c) {
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0591 && c <= 0x05C7) ||  // general; Hebrew
           (c >= 0x064B && c <= 0x065F) || c == 0x0670 ||                   // Arabic
           (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF) ||
           (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE00 && c <= 0xFE0F) ||  // symbols; variants
           (c >= 0xFE20 && c <= 0xFE2F);
}

/// False when a character needs normalisation; `out` is then of no use.
bool write_without_normalising(std::string_view text, std::string& out) {
    for (std::size_t i = 0; i < text.size();) {
        const DecodedCodePoint c = decode_utf8(text, i);
        if (c.value < 0x80) {
            out.push_back(text[i]);
        } else if (const auto replaced = spelled_out(c.value)) {
            out.append(*replaced);
        } else {
            return false;
        }
        i += c.bytes;
    }
    return true;
}

void normalise(const icu::Normalizer2* form, std::string_view text, std::string& out) {
    UErrorCode status = U_ZERO_ERROR;
    icu::StringByteSink<std::string> sink(&out);
    form->normalizeUTF8(0, {text.data(), static_cast<std::int32_t>(text.size())}, sink, nullptr,
                        status);
    if (U_FAILURE(status)) {
        throw Error(ErrorCode::internal,
                    std::string("A text could not be normalised: ") + u_errorName(status) + ".");
    }
}

const icu::Normalizer2* instance(const icu::Normalizer2* (*get)(UErrorCode&)) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* form = get(status);
    if (U_FAILURE(status)) {
        throw Error(ErrorCode::internal,
                    std::string("ICU has no normalisation data: ") + u_errorName(status) + ".");
    }
    return form;
}

/// Decomposed, so that accents stand alone and can go; then composed again, for Hangul and kana.
void write_normalised(std::string_view text, std::string& out) {
    std::string decomposed;
    normalise(instance(&icu::Normalizer2::getNFKDInstance), text, decomposed);
    std::string plain;
    plain.reserve(decomposed.size());
    for (std::size_t i = 0; i < decomposed.size();) {
        const DecodedCodePoint c = decode_utf8(decomposed, i);
        if (const auto replaced = spelled_out(c.value)) {
            plain.append(*replaced);
        } else if (!is_optional_mark(c.value)) {
            append_utf8(plain, c.value);
        }
        i += c.bytes;
    }
    normalise(instance(&icu::Normalizer2::getNFCInstance), plain, out);
}

/// ICU counts bytes in 32 bits, and a text can grow eighteenfold on the way.
constexpr std::size_t slice_bytes_max = 16U << 20U;

}  // namespace

void write_word_form(std::string_view text, std::string& out) {
    out.clear();
    if (write_without_normalising(text, out)) {
        return;
    }
    out.clear();
    while (!text.empty()) {
        std::size_t size = std::min(text.size(), slice_bytes_max);
        while (size < text.size() && size > slice_bytes_max - 4 &&
               (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
            --size;
        }
        write_normalised(text.substr(0, size), out);
        text.remove_prefix(size);
    }
}

}  // namespace rag::text
