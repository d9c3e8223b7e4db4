#pragma once

#include "base/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace rag::embed {

enum class CharacterKind : std::uint8_t {
    ignored,  ///< An accent, a soft hyphen: as if it were not there.
    space,    ///< Ends a word and is none.
    lower,    ///< Any letter that is not upper case.
    upper,
    digit,
    symbol,  ///< A word of its own.
};

/// A code point in compatibility decomposition (NFKD, UAX #15), each part in lower case.
struct DecomposedCharacter {
    struct Part {
        CharacterKind kind = CharacterKind::symbol;
        char32_t lower = 0;
    };
    static constexpr std::size_t parts_max = 18;  ///< U+FDFA has 18, no code point has more.
    std::array<Part, parts_max> parts;
    std::size_t count = 0;
};

/// For code points from U+0080 on.
DecomposedCharacter decompose_character(char32_t code_point);

CharacterKind ascii_kind(unsigned char byte);

/// Cuts text into words as the built-in model was trained on: NFKD without accents; runs of
/// letters, runs of digits, single symbols; a run of letters cut before an upper-case letter that
/// follows a lower-case one or is followed by one ("parseHTTPHeader": parse, http, header); lower
/// case.
///
/// Calls `sink(std::string_view word)` for each; the view holds during the call. `Sink` sees the
/// words in order. Any bytes are legal text. ASCII never reaches ICU.
template <class Sink>
class WordRuns {
public:
    explicit WordRuns(Sink& sink) : sink_(sink) { word_.reserve(64); }

    void cut(std::string_view text) {
        std::size_t at = 0;
        while (at < text.size()) {
            const auto byte = static_cast<unsigned char>(text[at]);
            if (byte < 0x80) {
                put_ascii(ascii_kind(byte), static_cast<char>(byte));
                ++at;
                continue;
            }
            const DecodedCodePoint decoded = decode_utf8(text, at);
            const DecomposedCharacter character = decompose_character(decoded.value);
            for (std::size_t i = 0; i < character.count; ++i) {
                put_part(character.parts[i]);
            }
            at += decoded.bytes;
        }
        end_word();
    }

private:
    void put_ascii(CharacterKind kind, char byte) {
        if (!begin_character(kind)) {
            return;
        }
        word_.push_back(kind == CharacterKind::upper ? static_cast<char>(byte | 0x20) : byte);
        end_character(kind);
    }

    void put_part(const DecomposedCharacter::Part& part) {
        if (!begin_character(part.kind)) {
            return;
        }
        append_utf8(word_, part.lower);
        end_character(part.kind);
    }

    /// Ends the word before where the kind asks for it. False when the character is no part of one.
    bool begin_character(CharacterKind kind) {
        if (kind == CharacterKind::lower) {
            if (uppers_ >= 2) {
                keep_last_character();
            } else if (previous_ == CharacterKind::digit) {
                end_word();
            }
        } else if (kind == CharacterKind::ignored) {
            return false;
        } else if (kind == CharacterKind::space) {
            end_word();
            return false;
        } else if (kind != previous_ || kind == CharacterKind::symbol) {
            end_word();
        }
        last_begin_ = word_.size();
        return true;
    }

    void end_character(CharacterKind kind) {
        previous_ = kind;
        uppers_ = kind == CharacterKind::upper ? uppers_ + 1 : 0;
        if (kind == CharacterKind::symbol) {
            end_word();
        }
    }

    /// "HTTPS" before "erver": the last capital begins the next word.
    void keep_last_character() {
        sink_(std::string_view(word_).substr(0, last_begin_));
        word_.erase(0, last_begin_);
    }

    void end_word() {
        if (!word_.empty()) {
            sink_(std::string_view(word_));
            word_.clear();
        }
        previous_ = CharacterKind::space;
        uppers_ = 0;
    }

    Sink& sink_;
    std::string word_;
    std::size_t last_begin_ = 0;  ///< Where the last character of word_ begins.
    std::size_t uppers_ = 0;      ///< How many upper-case letters word_ ends with.
    CharacterKind previous_ = CharacterKind::space;
};

template <class Sink>
void for_each_word(std::string_view text, Sink&& sink) {
    WordRuns<std::remove_reference_t<Sink>>(sink).cut(text);
}

}  // namespace rag::embed
