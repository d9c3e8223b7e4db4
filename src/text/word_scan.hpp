#pragma once

#include "base/utf8.hpp"
#include "text/characters.hpp"
#include "text/stem.hpp"
#include "text/word_form.hpp"
#include "text/words.hpp"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/// How terms are found in a text; for the sources of this room alone.
namespace rag::text {

enum class CharacterKind : std::uint8_t {
    separator,
    lower,  ///< Also letters without case, and marks.
    upper,
    digit,
    gram,  ///< Of a script without spaces.
};

inline constexpr std::array<CharacterKind, 128> ascii_kinds = [] {
    std::array<CharacterKind, 128> kinds{};
    for (char c = 'a'; c <= 'z'; ++c) {
        kinds[static_cast<std::size_t>(c)] = CharacterKind::lower;
    }
    for (char c = 'A'; c <= 'Z'; ++c) {
        kinds[static_cast<std::size_t>(c)] = CharacterKind::upper;
    }
    for (char c = '0'; c <= '9'; ++c) {
        kinds[static_cast<std::size_t>(c)] = CharacterKind::digit;
    }
    return kinds;
}();

struct Character {
    CharacterKind kind = CharacterKind::separator;
    char32_t value = 0;
    std::size_t bytes = 1;

    bool in_word() const { return kind != CharacterKind::separator && kind != CharacterKind::gram; }
};

inline CharacterKind kind_of(char32_t c) {
    if (is_spaceless_script(c)) {
        return CharacterKind::gram;
    }
    const std::uint32_t category = U_MASK(u_charType(static_cast<UChar32>(c)));
    if ((category & (U_GC_LU_MASK | U_GC_LT_MASK)) != 0) {
        return CharacterKind::upper;
    }
    if ((category & U_GC_ND_MASK) != 0) {
        return CharacterKind::digit;
    }
    if ((category & (U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK)) != 0) {
        return CharacterKind::lower;
    }
    return CharacterKind::separator;
}

inline Character character_at(std::string_view text, std::size_t offset) {
    if (offset >= text.size()) {
        return {};
    }
    const auto byte = static_cast<unsigned char>(text[offset]);
    if (byte < 0x80) {
        return {ascii_kinds[byte], byte, 1};
    }
    const DecodedCodePoint c = decode_utf8(text, offset);
    return {kind_of(c.value), c.value, c.bytes};
}

/// One word or identifier in lower case, with the places inside where its parts begin.
struct FoldedWord {
    std::array<char, term_bytes_max> bytes;  // NOLINT: filled up to `size`.
    std::size_t size = 0;
    bool ascii_letters = true;
    std::array<std::uint8_t, 16> parts{};  ///< Where the second and further parts begin.
    std::size_t part_count = 0;

    std::string_view view() const { return {bytes.data(), size}; }
    std::string_view stem() const { return ascii_letters ? stem_english(view()) : view(); }
};

/// False when the word is full.
inline bool append_folded(FoldedWord& word, const Character& c) {
    if (c.value < 0x80) {
        if (word.size == term_bytes_max) {
            return false;
        }
        const auto byte = static_cast<char>(c.value);
        word.bytes[word.size++] =
            c.kind == CharacterKind::upper ? static_cast<char>(byte | 0x20) : byte;
        return true;
    }
    std::string folded;  // At most four bytes: never allocates.
    append_utf8(folded, static_cast<char32_t>(
                            u_foldCase(static_cast<UChar32>(c.value), U_FOLD_CASE_DEFAULT)));
    if (word.size + folded.size() > term_bytes_max) {
        return false;
    }
    std::copy(folded.begin(), folded.end(),
              word.bytes.begin() + static_cast<std::ptrdiff_t>(word.size));
    word.size += folded.size();
    return true;
}

/// Finds the places where readFile, HTTPServer, utf8 fall into parts. Hashes and the like, where
/// letters and digits alternate, fall into none.
class PartFinder final {
public:
    void next(CharacterKind kind, std::size_t offset) {
        if (offset == 0) {
            // Nothing before it.
        } else if ((kind == CharacterKind::digit) != (last_ == CharacterKind::digit)) {
            ++digit_changes_;
            digit_change_ = offset;
        } else if (kind == CharacterKind::upper && last_ == CharacterKind::lower) {
            add(offset);
        } else if (kind == CharacterKind::lower && last_ == CharacterKind::upper &&
                   before_last_ == CharacterKind::upper) {
            add(last_offset_);
            acronym_end_ = offset;
        }
        before_last_ = last_;
        last_ = kind;
        last_offset_ = offset;
    }

    void finish(FoldedWord& word) {
        // URLs, IDs: the s is no part of its own.
        if (acronym_end_ != 0 && acronym_end_ + 1 == word.size && word.bytes[acronym_end_] == 's' &&
            count_ > 0) {
            --count_;
        }
        if (count_ > parts_.size()) {
            return;
        }
        std::copy_n(parts_.begin(), count_, word.parts.begin());
        word.part_count = count_;
        const bool both_sides_tell = digit_change_ > 1 || word.view().front() <= '9';
        if (digit_changes_ == 1 && both_sides_tell && count_ < parts_.size()) {
            const auto end = word.parts.begin() + static_cast<std::ptrdiff_t>(count_);
            const auto place = std::upper_bound(word.parts.begin(), end, digit_change_);
            std::copy_backward(place, end, end + 1);
            *place = static_cast<std::uint8_t>(digit_change_);
            ++word.part_count;
        }
    }

private:
    void add(std::size_t offset) {
        if (count_ < parts_.size()) {
            parts_[count_] = static_cast<std::uint8_t>(offset);
        }
        ++count_;
    }

    CharacterKind last_ = CharacterKind::separator;
    CharacterKind before_last_ = CharacterKind::separator;
    std::size_t last_offset_ = 0;
    std::size_t acronym_end_ = 0;
    std::size_t digit_changes_ = 0;
    std::size_t digit_change_ = 0;
    std::array<std::uint8_t, 16> parts_{};
    std::size_t count_ = 0;
};

/// Walks over text in word form (word_form.hpp) and calls `sink(term, word)` for each term in
/// order: the term as it is indexed, and the folded word that it was made from.
template <class Sink>
class WordScanner final {
public:
    WordScanner(std::string_view text, Sink& sink) : text_(text), sink_(sink) {}

    void scan() {
        for (std::size_t i = 0; i < text_.size();) {
            const Character c = character_at(text_, i);
            if (c.in_word()) {
                i = scan_compound(i);
            } else if (c.kind == CharacterKind::gram) {
                i = scan_grams(i);
            } else {
                i += c.bytes;
            }
        }
    }

private:
    /// A word, and where the scan goes on after it ('s is skipped).
    struct Piece {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::size_t next = 0;
    };

    static constexpr std::size_t none = std::string_view::npos;

    char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
    bool word_at(std::size_t offset) const { return character_at(text_, offset).in_word(); }
    bool digit_at(std::size_t offset) const { return at(offset) >= '0' && at(offset) <= '9'; }

    Piece piece_at(std::size_t begin) const {
        std::size_t end = begin;
        for (Character c = character_at(text_, end); c.in_word(); c = character_at(text_, end)) {
            end += c.bytes;
        }
        return at(end) == '\'' ? piece_with_apostrophe(begin, end) : Piece{begin, end, end};
    }

    /// don't is a word; of Alice's, we'll, they're what counts is the part before.
    Piece piece_with_apostrophe(std::size_t begin, std::size_t end) const {
        std::size_t after = end + 1;
        while (after < end + 4 && ascii_letter_at(after)) {
            ++after;
        }
        if (after == end + 1 || after == end + 4 || character_at(text_, after).in_word()) {
            return {begin, end, end};
        }
        std::array<char, 2> suffix{};
        for (std::size_t i = end + 1; i < after; ++i) {
            suffix[i - end - 1] = static_cast<char>(text_[i] | 0x20);
        }
        const std::string_view name(suffix.data(), after - end - 1);
        if (name == "t" && (text_[end - 1] | 0x20) == 'n') {
            return {begin, after, after};
        }
        for (const std::string_view skipped : {"s", "d", "m", "re", "ve", "ll"}) {
            if (name == skipped) {
                return {begin, end, after};
            }
        }
        return {begin, end, end};
    }

    bool ascii_letter_at(std::size_t offset) const {
        const char c = static_cast<char>(at(offset) | 0x20);
        return c >= 'a' && c <= 'z';
    }

    /// Where the next piece of the same identifier, version, path or address begins when the one
    /// before ends at `end`; `none` when nothing joins another to it.
    std::size_t joined_at(std::size_t end) const {
        std::size_t next = end + 1;
        switch (at(end)) {
            case '.':
            case '/':
            case '\\':
            case '@':
            case '&': break;
            case '-': next = at(next) == '>' ? next + 1 : next; break;
            case '_':
                while (at(next) == '_' && next < end + 4) {
                    ++next;
                }
                break;
            case ':':
                if (at(next) == ':') {
                    next += 1;
                } else if (at(next) == '/' && at(next + 1) == '/') {
                    next += 2;
                }
                break;
            case ',':
                if (!digit_at(end - 1) || !digit_at(next)) {
                    return none;
                }
                break;
            default: return none;
        }
        return word_at(next) ? next : none;
    }

    std::size_t scan_compound(std::size_t begin) {
        Piece piece = piece_at(begin);
        std::size_t next = piece.next == piece.end ? joined_at(piece.end) : none;
        if (next == none) {
            const std::size_t end = emit_language(piece);
            emit_piece(piece);
            return end;
        }
        while (next != none) {
            piece = piece_at(next);
            next = piece.next == piece.end ? joined_at(piece.end) : none;
        }
        emit_whole(begin, piece.end);
        const std::size_t end = piece.next;
        for (next = begin; next != none;) {
            piece = piece_at(next);
            emit_piece(piece);
            next = piece.next == piece.end ? joined_at(piece.end) : none;
        }
        return end;
    }

    /// C++, C#, F#. Gives where the scan goes on.
    std::size_t emit_language(const Piece& piece) {
        if (piece.end - piece.begin != 1 || piece.next != piece.end) {
            return piece.next;
        }
        std::size_t end = piece.end;
        if (at(end) == '#') {
            end += 1;
        } else if (at(end) == '+' && at(end + 1) == '+') {
            end += 2;
        }
        if (end == piece.end || word_at(end) || !ascii_letter_at(piece.begin)) {
            return piece.next;
        }
        emit_whole(piece.begin, end);
        return end;
    }

    void emit_whole(std::size_t begin, std::size_t end) {
        FoldedWord word;
        for (std::size_t i = begin; i < end;) {
            const Character c = character_at(text_, i);
            if (!append_folded(word, c)) {
                break;
            }
            i += c.bytes;
        }
        sink_(word.view(), word.view());
    }

    void emit_piece(const Piece& piece) {
        FoldedWord word;
        PartFinder parts;
        for (std::size_t i = piece.begin; i < piece.end;) {
            const Character c = character_at(text_, i);
            const std::size_t offset = word.size;
            if (!append_folded(word, c)) {
                break;
            }
            word.ascii_letters &= c.value < 0x80 && (c.kind == CharacterKind::lower ||
                                                     c.kind == CharacterKind::upper);
            parts.next(c.kind, offset);
            i += c.bytes;
        }
        parts.finish(word);
        sink_(word.stem(), word.view());
        for (std::size_t i = 0; word.part_count > 0 && i <= word.part_count; ++i) {
            const std::size_t begin = i == 0 ? 0 : word.parts[i - 1];
            const std::size_t end = i == word.part_count ? word.size : word.parts[i];
            emit_part(word.view().substr(begin, end - begin));
        }
    }

    void emit_part(std::string_view part) {
        const bool letters =
            std::all_of(part.begin(), part.end(), [](char c) { return c >= 'a' && c <= 'z'; });
        sink_(letters ? stem_english(part) : part, part);
    }

    std::size_t scan_grams(std::size_t begin) {
        std::size_t previous = none;
        std::size_t count = 0;
        std::size_t i = begin;
        for (Character c = character_at(text_, i); c.kind == CharacterKind::gram;
             c = character_at(text_, i)) {
            if (previous != none) {
                const std::string_view pair = text_.substr(previous, i + c.bytes - previous);
                sink_(pair, pair);
            }
            previous = i;
            i += c.bytes;
            ++count;
        }
        if (count == 1) {
            const std::string_view single = text_.substr(begin, i - begin);
            sink_(single, single);
        }
        return i;
    }

    std::string_view text_;
    Sink& sink_;
};

inline bool is_ascii_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

inline std::size_t find_non_ascii(std::string_view text, std::size_t from) {
    while (from + 64 <= text.size() && is_ascii(text.substr(from, 64))) {
        from += 64;
    }
    while (from < text.size() && static_cast<unsigned char>(text[from]) < 0x80) {
        ++from;
    }
    return from;
}

/// Only those stretches between white space that hold more than ASCII are rewritten first; no term
/// goes beyond white space.
template <class Sink>
void scan_text(std::string_view text, Sink sink) {
    std::string form;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t other = find_non_ascii(text, i);
        std::size_t begin = other;
        while (other < text.size() && begin > i && !is_ascii_space(text[begin - 1])) {
            --begin;
        }
        WordScanner(text.substr(i, begin - i), sink).scan();
        i = begin;
        while (i < text.size() && !is_ascii_space(text[i])) {
            ++i;
        }
        if (begin < i) {
            write_word_form(text.substr(begin, i - begin), form);
            WordScanner(std::string_view(form), sink).scan();
        }
    }
}

}  // namespace rag::text
