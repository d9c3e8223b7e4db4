#pragma once

#include <string_view>

namespace rag::text {

/// The Snowball English stem of a word of lower-case ASCII letters, at most term_bytes_max of them.
/// The result is valid until the thread's next call. Each thread keeps a stemmer and a small cache
/// of its own, about 100 KiB, until it ends.
std::string_view stem_english(std::string_view word);

}  // namespace rag::text
