#include "base/utf8.hpp"
#include "text/html.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::string text = rag::text::read_html(bytes, "").extracted.text;
    if (!rag::is_utf8(text) || text.find('\0') != std::string::npos) {
        std::abort();
    }
    return 0;
}
