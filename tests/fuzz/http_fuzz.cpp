// Request targets and answer heads: what is taken for a target is a path without control
// characters, and no header that we write breaks out of its line.

#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rag;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto target = http::parse_target(text)) {
        if (!target->path.starts_with('/') ||
            target->path.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
            std::abort();
        }
    }
    const std::size_t half = size / 2;
    const std::string head = http::write_head(
        200, {{"X-" + std::string(text.substr(0, half)), std::string(text.substr(half))}}, {});
    std::size_t lines = 0;
    for (std::size_t at = head.find('\n'); at != std::string::npos; at = head.find('\n', at + 1)) {
        ++lines;
        if (at == 0 || head[at - 1] != '\r') {
            std::abort();
        }
    }
    // Status, date, ours, the length, the empty line.
    if (lines != 5) {
        std::abort();
    }
    return 0;
}
