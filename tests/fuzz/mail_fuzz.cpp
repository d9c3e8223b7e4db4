// Mail and notebooks: the first byte chooses.

#include "base/utf8.hpp"
#include "formats/in_process.hpp"
#include "rag/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr rag::DocumentType types[] = {rag::DocumentType::mail, rag::DocumentType::mailbox,
                                           rag::DocumentType::notebook};
    if (size == 0) {
        return 0;
    }
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    try {
        if (!rag::is_utf8(
                rag::formats::read_in_process(types[data[0] % std::size(types)], bytes).markdown)) {
            std::abort();
        }
    } catch (const rag::Error&) {
        // A sentence is an answer.
    }
    return 0;
}
