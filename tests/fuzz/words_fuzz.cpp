#include "base/utf8.hpp"
#include "text/words.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto terms = rag::text::index_terms(text);
    for (const std::string& term : terms) {
        if (term.empty() || term.size() > rag::text::term_bytes_max || !rag::is_utf8(term)) {
            std::abort();
        }
    }
    if (rag::text::parse_word_query(text).empty() != terms.empty()) {
        std::abort();
    }
    return 0;
}
