#include "embed/word_runs.hpp"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

namespace rag::embed {

namespace {

constexpr std::array<CharacterKind, 128> make_ascii_kinds() {
    std::array<CharacterKind, 128> kinds{};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (i <= ' ' || i == 0x7F) {
            kinds[i] = CharacterKind::space;
        } else if (i >= 'a' && i <= 'z') {
            kinds[i] = CharacterKind::lower;
        } else if (i >= 'A' && i <= 'Z') {
            kinds[i] = CharacterKind::upper;
        } else if (i >= '0' && i <= '9') {
            kinds[i] = CharacterKind::digit;
        } else {
            kinds[i] = CharacterKind::symbol;
        }
    }
    return kinds;
}

constexpr std::array<CharacterKind, 128> ascii_kinds = make_ascii_kinds();
constexpr char32_t zero_width_space = 0x200B;

CharacterKind kind_of(char32_t code_point) {
    const auto c = static_cast<UChar32>(code_point);
    const std::uint32_t category = U_GET_GC_MASK(c);
    if ((category & U_GC_MN_MASK) != 0) {
        return CharacterKind::ignored;
    }
    if ((category & (U_GC_LU_MASK | U_GC_LT_MASK)) != 0) {
        return CharacterKind::upper;
    }
    if ((category & U_GC_L_MASK) != 0) {
        return CharacterKind::lower;
    }
    if ((category & U_GC_N_MASK) != 0) {
        return CharacterKind::digit;
    }
    if ((category & (U_GC_Z_MASK | U_GC_CC_MASK)) != 0 || code_point == zero_width_space) {
        return CharacterKind::space;
    }
    if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0) {
        return CharacterKind::ignored;
    }
    return CharacterKind::symbol;
}

DecomposedCharacter::Part part_of(char32_t code_point) {
    const auto lower = static_cast<char32_t>(u_tolower(static_cast<UChar32>(code_point)));
    return {kind_of(code_point), lower};
}

const UNormalizer2* nfkd() {
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2* normalizer = unorm2_getNFKDInstance(&status);
    return U_SUCCESS(status) ? normalizer : nullptr;
}

}  // namespace

CharacterKind ascii_kind(unsigned char byte) {
    return ascii_kinds[byte & 0x7F];
}

DecomposedCharacter decompose_character(char32_t code_point) {
    DecomposedCharacter character;
    std::array<UChar, 2 * DecomposedCharacter::parts_max> units;
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2* normalizer = nfkd();
    const std::int32_t length =
        normalizer == nullptr
            ? -1
            : unorm2_getDecomposition(normalizer, static_cast<UChar32>(code_point), units.data(),
                                      static_cast<std::int32_t>(units.size()), &status);
    if (length < 0 || U_FAILURE(status)) {
        character.parts[character.count++] = part_of(code_point);
        return character;
    }
    std::int32_t at = 0;
    while (at < length && character.count < DecomposedCharacter::parts_max) {
        UChar32 part = 0;
        U16_NEXT(units.data(), at, length, part);
        character.parts[character.count++] = part_of(static_cast<char32_t>(part));
    }
    return character;
}

}  // namespace rag::embed
