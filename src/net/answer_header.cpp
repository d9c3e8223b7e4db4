#include "net/answer_header.hpp"

#include "base/ascii.hpp"

namespace rag::net {

std::string_view status_in(std::string_view header) {
    constexpr std::size_t status_at = 9;
    return header.starts_with("HTTP/1.") && header.size() >= status_at + 3
               ? header.substr(status_at, 3)
               : std::string_view();
}

std::string without_false_framing(const std::string& header) {
    if (status_in(header) != "304") {
        return header;
    }
    std::string kept;
    std::string_view rest = header;
    while (!rest.empty()) {
        const std::size_t end = rest.find("\r\n");
        const std::string_view line =
            rest.substr(0, end == std::string_view::npos ? rest.size() : end + 2);
        rest.remove_prefix(line.size());
        const std::string name = ascii_lower(line.substr(0, line.find(':')));
        if (line == "\r\n") {
            kept += "Content-Length: 0\r\n";
        }
        if (name != "content-length" && name != "transfer-encoding") {
            kept += line;
        }
    }
    return kept;
}

}  // namespace rag::net
