#include "base/ascii.hpp"
#include "net/answer_header.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

// The header section of an answer that nobody may wait on.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string lines(reinterpret_cast<const char*>(data), size);
    const std::string section = "HTTP/1.1 304 Not Modified\r\n" + lines + "\r\n\r\n";
    if (section.find("\r\n\r\n") + 4 != section.size()) {
        return 0;  // A section ends with its first empty line.
    }
    const std::string header = rag::net::without_false_framing(section);
    const std::string low = rag::ascii_lower(header);
    const std::size_t length = low.find("\r\ncontent-length:");
    if (!header.ends_with("\r\nContent-Length: 0\r\n\r\n") ||
        low.find("\r\ncontent-length:", length + 1) != std::string::npos ||
        low.find("\r\ntransfer-encoding:") != std::string::npos) {
        std::abort();
    }
    return 0;
}
