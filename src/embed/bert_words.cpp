#include "embed/bert_words.hpp"

#include "base/utf8.hpp"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <array>

namespace rag::embed {

namespace {

enum class Part { letter, space, punctuation, han, control };

/// The blocks that BERT's own tokenizer counts as Chinese.
bool is_han(char32_t c) {
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

Part part_of(char32_t c) {
    if (c < 0x80) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            return Part::space;
        }
        if (c < ' ' || c == 0x7F) {
            return Part::control;
        }
        const bool alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        return alphanumeric ? Part::letter : Part::punctuation;
    }
    if (is_han(c)) {
        return Part::han;
    }
    const std::uint32_t category = U_GET_GC_MASK(static_cast<UChar32>(c));
    if (u_isUWhiteSpace(static_cast<UChar32>(c)) != 0) {
        return Part::space;
    }
    if ((category & U_GC_P_MASK) != 0) {
        return Part::punctuation;
    }
    return (category & U_GC_C_MASK) != 0 || c == 0xFFFD ? Part::control : Part::letter;
}

class BertCutter {
public:
    BertCutter(const BertNormalizer& normalizer, std::vector<std::string>& words)
        : normalizer_(normalizer), words_(words) {
        UErrorCode status = U_ZERO_ERROR;
        const UNormalizer2* nfd = unorm2_getNFDInstance(&status);
        nfd_ = U_SUCCESS(status) ? nfd : nullptr;
    }

    void cut(std::string_view text) {
        for (std::size_t at = 0; at < text.size();) {
            const DecodedCodePoint decoded = decode_utf8(text, at);
            put(decoded.value);
            at += decoded.bytes;
        }
        end_word();
    }

private:
    void put(char32_t c) {
        const Part part = part_of(c);
        if (part == Part::space) {
            end_word();
        } else if (part == Part::control) {
            if (!normalizer_.clean_text) {
                append_utf8(word_, c);
            }
        } else if (part == Part::punctuation ||
                   (part == Part::han && normalizer_.handle_chinese_chars)) {
            end_word();
            append_utf8(word_, c);
            end_word();
        } else {
            put_letter(c);
        }
    }

    void put_letter(char32_t c) {
        std::array<UChar, 16> units;
        UErrorCode status = U_ZERO_ERROR;
        std::int32_t length = -1;
        if (c >= 0x80 && normalizer_.strip_accents && nfd_ != nullptr) {
            length = unorm2_getDecomposition(nfd_, static_cast<UChar32>(c), units.data(),
                                             static_cast<std::int32_t>(units.size()), &status);
        }
        if (length < 0 || U_FAILURE(status)) {
            put_plain(c);
            return;
        }
        for (std::int32_t at = 0; at < length;) {
            UChar32 part = 0;
            U16_NEXT(units.data(), at, length, part);
            put_plain(static_cast<char32_t>(part));
        }
    }

    void put_plain(char32_t c) {
        const auto point = static_cast<UChar32>(c);
        if (normalizer_.strip_accents && c >= 0x80 && u_charType(point) == U_NON_SPACING_MARK) {
            return;
        }
        append_utf8(word_, normalizer_.lowercase ? static_cast<char32_t>(u_tolower(point)) : c);
    }

    void end_word() {
        if (!word_.empty()) {
            words_.push_back(word_);
            word_.clear();
        }
    }

    const BertNormalizer& normalizer_;
    std::vector<std::string>& words_;
    const UNormalizer2* nfd_ = nullptr;
    std::string word_;
};

}  // namespace

void append_bert_words(std::string_view text, const BertNormalizer& normalizer,
                       std::vector<std::string>& words) {
    BertCutter(normalizer, words).cut(text);
}

}  // namespace rag::embed
