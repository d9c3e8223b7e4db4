#include "cli/terminal.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

namespace rag::cli {
namespace {

constexpr std::size_t width_default = 100;
constexpr std::size_t width_max = 120;
constexpr int bar_cells = 24;

void draw_bar(const Progress& progress) {
    std::string bar;
    if (progress.total && *progress.total > 0) {
        const double share = std::clamp(progress.done / *progress.total, 0.0, 1.0);
        const int full = static_cast<int>(share * bar_cells);
        bar =
            fmt::format("[{:#<{}}{: <{}}] {:3.0f} % ", "", full, "", bar_cells - full, share * 100);
    } else {
        bar = fmt::format("{:.0f} ", progress.done);
    }
    const std::size_t room = terminal_width() > bar.size() ? terminal_width() - bar.size() - 1 : 0;
    const std::string_view message =
        first_code_points(progress.message, static_cast<std::int64_t>(room));
    fmt::print(stderr, "\r\033[K{}{}", bar, message);
    std::fflush(stderr);
}

}  // namespace

bool is_terminal(std::FILE* stream) {
    return isatty(fileno(stream)) == 1;
}

std::size_t terminal_width() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) {
        return width_default;
    }
    return std::min<std::size_t>(size.ws_col, width_max);
}

std::string wrap_text(std::string_view text, std::size_t width, std::string_view indent) {
    std::string out;
    while (!text.empty()) {
        const std::size_t newline = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, newline);
        text.remove_prefix(std::min(newline + 1, text.size()));
        do {
            std::size_t take = byte_offset(line, static_cast<std::int64_t>(width));
            if (take < line.size()) {
                const std::size_t space = line.rfind(' ', take);
                take = space != std::string_view::npos && space > 0 ? space : take;
            }
            out.append(indent).append(line.substr(0, take)).push_back('\n');
            line.remove_prefix(take);
            line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        } while (!line.empty());
    }
    return out;
}

std::string format_bytes(std::int64_t bytes) {
    constexpr std::string_view units[] = {"kB", "MB", "GB", "TB"};
    if (bytes < 1000) {
        return fmt::format("{} bytes", bytes);
    }
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (value /= 1000; value >= 1000 && unit + 1 < std::size(units); value /= 1000) {
        ++unit;
    }
    return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], static_cast<std::size_t>(count_code_points(row[i])));
        }
    }
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) {
                const auto length = static_cast<std::size_t>(count_code_points(row[i]));
                line.append(widths[i] - length + 2, ' ');
            }
        }
        out += line + '\n';
    }
    return out;
}

ProgressSink make_progress_bar() {
    if (!is_terminal(stderr)) {
        return {};
    }
    return [](const Progress& progress) {
        static std::mutex mutex;  // Reports may come from several threads; the line is one.
        const std::scoped_lock lock(mutex);
        draw_bar(progress);
    };
}

void clear_progress_bar() {
    if (is_terminal(stderr)) {
        fmt::print(stderr, "\r\033[K");
        std::fflush(stderr);
    }
}

}  // namespace rag::cli
