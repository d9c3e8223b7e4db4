#include "text/fold.hpp"

#include "base/hash.hpp"
#include "base/utf8.hpp"
#include "rag/error.hpp"
#include "text/characters.hpp"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <limits>

namespace rag::text {
namespace {

std::string fold_ascii(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool gap = false;
    for (const char c : text) {
        if (is_space(static_cast<unsigned char>(c))) {
            gap = !out.empty();
            continue;
        }
        if (gap) {
            out.push_back(' ');
            gap = false;
        }
        out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c);
    }
    return out;
}

/// NFKC, case folding, and NFKC again, because folding can leave a text that is not normal
/// (The Unicode Standard, section 3.13, compatibility caseless matching).
std::string normalise_and_fold_case(std::string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(status);
    icu::UnicodeString units =
        icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
    if (U_SUCCESS(status)) {
        units = nfkc->normalize(units, status);
        units.foldCase();
        units = nfkc->normalize(units, status);
    }
    if (U_FAILURE(status) || units.isBogus()) {
        throw Error(ErrorCode::internal,
                    std::string("A text could not be normalised: ") + u_errorName(status) + ".");
    }
    std::string out;
    units.toUTF8String(out);
    return out;
}

std::string collapse_space(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool gap = false;
    for (std::size_t i = 0; i < text.size();) {
        const DecodedCodePoint c = decode_utf8(text, i);
        if (is_space(c.value)) {
            gap = !out.empty();
        } else {
            if (gap) {
                out.push_back(' ');
                gap = false;
            }
            out.append(text.substr(i, c.bytes));
        }
        i += c.bytes;
    }
    return out;
}

}  // namespace

std::string fold_text(std::string_view text) {
    if (is_ascii(text)) {
        return fold_ascii(text);
    }
    // Normalisation can lengthen a text up to eighteen times, and ICU counts in 32 bits.
    constexpr std::size_t bytes_max = std::numeric_limits<std::int32_t>::max() / 18;
    if (text.size() > bytes_max) {
        throw Error(ErrorCode::invalid_argument,
                    "The text of " + std::to_string(text.size()) +
                        " bytes is too long to be folded; cut it into passages first.");
    }
    return collapse_space(normalise_and_fold_case(text));
}

std::uint64_t fold_key(std::string_view text) {
    return hash64(fold_text(text));
}

}  // namespace rag::text
