#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

/// The process's log: to standard error and nowhere else, because standard output belongs to the
/// protocol and to results. At `info` and above a line holds no content and no secret.
namespace rag::log {

enum class Level { trace, debug, info, warn, error, off };
enum class Format { text, json };

/// Null for a word that names no level.
bool parse_level(std::string_view word, Level& level);

/// Sets level and shape; before the first call: info, text. Call from main, before other threads.
void configure(Level level, Format format);

/// What the lines that a thread writes belong to.
struct Mark {
    std::string request_id;
    std::string trace_id;  ///< 32 hexadecimal digits (W3C Trace Context); empty: none.
    std::string span_id;   ///< Of the caller, 16 digits.
};

/// While it lives, every line of this thread carries the mark (as JSON; text lines stay short).
/// Scopes nest.
class Scope final {
public:
    explicit Scope(Mark mark);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

private:
    Mark outer_;
};

bool enabled(Level level);
void write(Level level, const std::string& message);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::debug)) {
        write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
    }
}

template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::info)) {
        write(Level::info, fmt::format(format, std::forward<Args>(args)...));
    }
}

template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::warn)) {
        write(Level::warn, fmt::format(format, std::forward<Args>(args)...));
    }
}

template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::error)) {
        write(Level::error, fmt::format(format, std::forward<Args>(args)...));
    }
}

}  // namespace rag::log
