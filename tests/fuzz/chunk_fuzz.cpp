#include "base/utf8.hpp"
#include "text/chunk.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string text =
        rag::replace_invalid_utf8({reinterpret_cast<const char*>(data + 1), size - 1});
    const rag::text::ChunkLimits limits{1 + data[0] / 8, 1 + data[0] / 4};
    std::size_t end = 0;
    for (const auto& chunk :
         rag::text::chunk_text(text, static_cast<rag::text::TextFormat>(data[0] % 4), limits)) {
        const std::size_t begin = rag::byte_offset(text, chunk.char_start);
        const bool legal = chunk.char_end - chunk.char_start <= limits.code_points_max &&
                           begin >= end &&
                           rag::is_blank(std::string_view(text).substr(end, begin - end)) &&
                           text.compare(begin, chunk.content.size(), chunk.content) == 0;
        if (!legal) {
            std::abort();
        }
        end = begin + chunk.content.size();
    }
    if (!rag::is_blank(std::string_view(text).substr(end))) {
        std::abort();
    }
    return 0;
}
