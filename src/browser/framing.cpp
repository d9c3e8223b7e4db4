#include "browser/framing.hpp"

#include "rag/error.hpp"

#include <utility>

namespace rag::browser {

std::vector<std::string> MessageSplitter::feed(std::string_view bytes) {
    std::vector<std::string> complete;
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\0');
        const std::string_view part = bytes.substr(0, end);
        if (begun_.size() + part.size() > message_bytes_max_) {
            throw Error(ErrorCode::unavailable,
                        "The browser sent a message that is longer than what is read.");
        }
        begun_.append(part);
        if (end == std::string_view::npos) {
            break;
        }
        complete.push_back(std::exchange(begun_, {}));
        bytes.remove_prefix(end + 1);
    }
    return complete;
}

}  // namespace rag::browser
