#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rag::browser {

/// Cuts what a browser writes to its pipe into messages: each ends with a zero byte.
class MessageSplitter final {
public:
    explicit MessageSplitter(std::size_t message_bytes_max)
        : message_bytes_max_(message_bytes_max) {}

    /// The messages that these bytes complete. Throws Error{unavailable} once a message grows
    /// beyond the limit; nothing more can be read then.
    std::vector<std::string> feed(std::string_view bytes);

private:
    std::size_t message_bytes_max_;
    std::string begun_;
};

}  // namespace rag::browser
