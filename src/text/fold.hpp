#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rag::text {

/// The text after NFKC, case folding, and collapsing of every run of white space to one space with
/// none at the ends. Digits and punctuation stay.
std::string fold_text(std::string_view text);

/// Equal for texts that fold to the same; 64 bits of a cryptographic hash, never zero.
std::uint64_t fold_key(std::string_view text);

}  // namespace rag::text
