#pragma once

#include <string>
#include <string_view>

namespace rag::text {

/// Writes to `out` the text as words are cut from it: NFKC, accents stripped, letters such as ø and
/// ß spelled out, typographic apostrophes and hyphens made ASCII, invisible characters dropped.
/// Case stays, since it tells where an identifier has its parts. Any text is legal; the result is
/// well-formed UTF-8.
void write_word_form(std::string_view text, std::string& out);

}  // namespace rag::text
