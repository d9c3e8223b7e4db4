#include "server/line_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

namespace rag::server {
namespace {

/// How often a writer that waits for its reader looks whether it should give up.
constexpr int wait_ms = 100;

/// A pipe that is ready takes this much without blocking (POSIX, PIPE_BUF).
constexpr std::size_t piece_bytes = PIPE_BUF;

bool is_ready(int fd, int timeout_ms) {
    pollfd watched = {fd, POLLOUT, 0};
    return poll(&watched, 1, timeout_ms) > 0;
}

}  // namespace

bool LineWriter::send(const Json& message, mcp::Importance importance) {
    const std::string line = dump_json(message) + '\n';
    if (importance == mcp::Importance::droppable && !is_ready(fd_, 0)) {
        return !broken_;
    }
    const std::scoped_lock lock(writing_);
    if (!broken_ && !write_all(line)) {
        broken_ = true;
    }
    return !broken_;
}

bool LineWriter::write_all(const std::string& line) {
    std::size_t written = 0;
    while (written < line.size()) {
        if (broken_) {
            return false;
        }
        if (!is_ready(fd_, wait_ms)) {
            continue;
        }
        const std::size_t piece = std::min(piece_bytes, line.size() - written);
        const ssize_t count = write(fd_, line.data() + written, piece);
        if (count > 0) {
            written += static_cast<std::size_t>(count);
        } else if (errno != EINTR && errno != EAGAIN) {
            return false;
        }
    }
    return true;
}

}  // namespace rag::server
