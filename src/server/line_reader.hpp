#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>

namespace rag::server {

/// Reads lines from a descriptor until it ends or a stop is requested. Used by one thread.
class LineReader final {
public:
    /// Throws Error{internal} when the system has no descriptors left.
    LineReader(int fd, std::size_t line_bytes_max);
    ~LineReader();
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;

    struct Line {
        std::string text;       ///< Without its end.
        bool too_long = false;  ///< The text is cut and worthless.
    };

    /// Waits for the next line; the last one needs no end. Null at the end of the input and after a
    /// stop request.
    std::optional<Line> next(const std::stop_token& stop);

private:
    std::optional<Line> take_line();
    bool read_more(const std::stop_token& stop);

    const int fd_;
    const std::size_t line_bytes_max_;
    int wake_ = -1;  // An eventfd that a stop request makes readable.
    std::string buffer_;
    std::size_t searched_ = 0;  // No line end before this offset.
    bool skipping_ = false;     // Inside a line that was too long.
};

}  // namespace rag::server
