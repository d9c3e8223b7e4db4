#include "text/cut.hpp"

#include "base/utf8.hpp"
#include "rag/error.hpp"
#include "text/characters.hpp"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <algorithm>
#include <array>
#include <memory>

namespace rag::text {
namespace {

/// The best place of one sort: the last one up to the target, unless that leaves a crumb; else the
/// first beyond it.
class BestPlace final {
public:
    void offer(std::size_t offset, std::int64_t code_points, const CutRange& range) {
        const bool within_target = code_points <= range.target;
        if (within_target ? code_points * 4 >= range.target : offset_ == 0) {
            offset_ = offset;
        }
    }

    std::size_t offset() const { return offset_; }

private:
    std::size_t offset_ = 0;
};

bool is_closing(char32_t c) {
    switch (c) {
        case ')':
        case ']':
        case '"':
        case '\'':
        case '*':
        case '_':
        case '`':
        case 0x2019:
        case 0x201D:
        case 0x00BB:
        case 0x300D:
        case 0x300F:
        case 0xFF09: return true;
        default: return false;
    }
}

/// Follows the text and knows whether a sentence has just ended.
class SentenceEnd final {
public:
    void next(char32_t c) {
        if (c == '!' || c == '?' || c == 0x2026) {
            state_ = State::at_space;
        } else if (c == '.') {
            // "J. Smith", "e.g.": a single letter before the full stop ends no sentence.
            state_ = letters_ == 1 ? State::no : State::at_space;
        } else if (c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF61) {
            state_ = State::anywhere;
        } else if (!is_closing(c)) {
            state_ = State::no;
        }
        const bool letter = c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        letters_ = letter ? letters_ + 1 : 0;
    }

    /// `c` comes right after what was followed so far.
    bool ends_before(char32_t c) const {
        return state_ == State::anywhere ? !is_closing(c) && !extends_grapheme(c)
                                         : state_ == State::at_space && is_space(c);
    }

private:
    enum class State { no, at_space, anywhere };
    State state_ = State::no;
    int letters_ = 0;
};

icu::BreakIterator& graphemes() {
    const auto make = [] {
        UErrorCode status = U_ZERO_ERROR;
        std::unique_ptr<icu::BreakIterator> iterator(
            icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
        if (U_FAILURE(status) || iterator == nullptr) {
            throw Error(ErrorCode::internal,
                        std::string("ICU has no grapheme rules: ") + u_errorName(status) + ".");
        }
        return iterator;
    };
    thread_local const std::unique_ptr<icu::BreakIterator> iterator = make();
    return *iterator;
}

/// The last grapheme boundary in (0, offset]; `offset` itself when there is none.
std::size_t grapheme_boundary(std::string_view text, std::size_t offset) {
    const auto before = static_cast<unsigned char>(text[offset - 1]);
    const auto after = static_cast<unsigned char>(text[offset]);
    if (before < 0x80 && after < 0x80 && !(before == '\r' && after == '\n')) {
        return offset;
    }
    // What comes after one more code point says nothing about a boundary before it (UAX #29).
    const std::size_t seen = offset + decode_utf8(text, offset).bytes;
    UErrorCode status = U_ZERO_ERROR;
    UText view = UTEXT_INITIALIZER;
    utext_openUTF8(&view, text.data(), static_cast<std::int64_t>(seen), &status);
    std::int32_t found = 0;
    if (U_SUCCESS(status)) {
        icu::BreakIterator& iterator = graphemes();
        iterator.setText(&view, status);
        const auto place = static_cast<std::int32_t>(offset);
        found = iterator.isBoundary(place) ? place : iterator.preceding(place);
    }
    utext_close(&view);
    return found > 0 ? static_cast<std::size_t>(found) : offset;
}

}  // namespace

std::size_t find_cut(std::string_view text, CutPreference preference, const CutRange& range) {
    BestPlace line;
    BestPlace sentence;
    BestPlace word;
    SentenceEnd sentence_end;
    bool in_space = true;
    std::size_t i = 0;
    for (std::int64_t count = 0; i < text.size(); ++count) {
        const DecodedCodePoint c = decode_utf8(text, i);
        const bool space = is_space(c.value);
        if (space && !in_space) {
            word.offer(i, count, range);
        }
        if (c.value == '\n' && count > 0) {
            line.offer(i, count, range);
        }
        if (count > 0 && sentence_end.ends_before(c.value)) {
            sentence.offer(i, count, range);
        }
        if (count == range.max) {
            break;
        }
        sentence_end.next(c.value);
        in_space = space;
        i += c.bytes;
    }
    const bool by_line = preference == CutPreference::line;
    for (const BestPlace& place : {by_line ? line : sentence, by_line ? sentence : line, word}) {
        if (place.offset() > 0) {
            return place.offset();
        }
    }
    return i < text.size() ? grapheme_boundary(text, i) : i;
}

}  // namespace rag::text
