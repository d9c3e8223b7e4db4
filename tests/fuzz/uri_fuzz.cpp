// Addresses of resources and cursors: every text names something, or nothing, or is refused with a
// sentence.

#include "rag/error.hpp"
#include "tools/resources.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rag;
    static tools::MemoryResources resources([](const CallContext&) -> memory::Memory& {
        throw Error(ErrorCode::unavailable, "There is no memory here.");
    });
    const CallContext context;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const std::string& uri :
         {std::string(text), tools::collection_address(text),
          "memory://collections/" + std::string(text), "memory://documents/" + std::string(text)}) {
        try {
            if (resources.read(context, uri)) {
                std::abort();
            }
        } catch (const Error& error) {
            if (error.code() != ErrorCode::unavailable) {
                std::abort();
            }
        }
    }
    try {
        resources.list(context, text);
        std::abort();
    } catch (const Error&) {
    }
    return 0;
}
