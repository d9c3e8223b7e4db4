#include "server/line_reader.hpp"

#include "rag/error.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

namespace rag::server {
namespace {

constexpr std::size_t read_bytes = 64 * 1024;

}  // namespace

LineReader::LineReader(int fd, std::size_t line_bytes_max)
    : fd_(fd), line_bytes_max_(line_bytes_max), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_ < 0) {
        throw Error(ErrorCode::internal, "No descriptor is left to wait for the input with.");
    }
}

LineReader::~LineReader() {
    close(wake_);
}

std::optional<LineReader::Line> LineReader::next(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
    });
    for (;;) {
        if (stop.stop_requested()) {
            return std::nullopt;
        }
        if (std::optional<Line> line = take_line()) {
            return line;
        }
        if (!read_more(stop)) {
            break;
        }
    }
    if (stop.stop_requested() || buffer_.empty() || skipping_) {
        return std::nullopt;
    }
    buffer_ += '\n';
    return take_line();
}

std::optional<LineReader::Line> LineReader::take_line() {
    const std::size_t end = buffer_.find('\n', searched_);
    if (end == std::string::npos) {
        searched_ = buffer_.size();
        if (buffer_.size() > line_bytes_max_) {
            skipping_ = true;
            buffer_.clear();
            searched_ = 0;
        }
        return std::nullopt;
    }
    Line line;
    line.too_long = std::exchange(skipping_, false) || end > line_bytes_max_;
    line.text = buffer_.substr(0, end);
    if (line.text.ends_with('\r')) {
        line.text.pop_back();
    }
    buffer_.erase(0, end + 1);
    searched_ = 0;
    return line;
}

bool LineReader::read_more(const std::stop_token& stop) {
    for (;;) {
        pollfd watched[2] = {{fd_, POLLIN, 0}, {wake_, POLLIN, 0}};
        if (poll(watched, 2, -1) < 0 && errno != EINTR) {
            return false;
        }
        if (stop.stop_requested()) {
            return false;
        }
        if (watched[0].revents == 0) {
            continue;
        }
        const std::size_t had = buffer_.size();
        buffer_.resize(had + read_bytes);
        const ssize_t got = read(fd_, buffer_.data() + had, read_bytes);
        buffer_.resize(had + static_cast<std::size_t>(got > 0 ? got : 0));
        if (got > 0) {
            return true;
        }
        if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
            return false;
        }
    }
}

}  // namespace rag::server
