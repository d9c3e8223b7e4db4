#include "browser/framing.hpp"
#include "browser/proxy_request.hpp"
#include "rag/error.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

/// One head: a single blank line, at its end, so that no second request hides in it.
void require_one_head(const std::string& head) {
    if (head.find("\r\n\r\n") != head.size() - 4 || head.find('\0') != std::string::npos) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const auto request = rag::browser::read_proxy_request(text);
        if (!request.is_tunnel) {
            require_one_head(request.head);
        }
        if (request.url.host.empty() || request.body_bytes < 0) {
            std::abort();
        }
    } catch (const rag::Error&) {
        // Refused.
    }
    try {
        require_one_head(rag::browser::rewrite_answer(text).head);
    } catch (const rag::Error&) {
        // Refused.
    }
    try {
        rag::browser::MessageSplitter(1000).feed(text);
    } catch (const rag::Error&) {
        // Too long.
    }
    return 0;
}
