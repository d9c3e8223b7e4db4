#include "base/log.hpp"

#include "base/json.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <utility>

namespace rag::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::trace: return spdlog::level::trace;
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warn: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        case Level::off: return spdlog::level::off;
    }
    return spdlog::level::info;
}

constexpr const char* pattern_text = "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v";
/// The members that follow are written by write().
constexpr const char* pattern_json = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

std::shared_ptr<spdlog::logger> make_logger() {
    auto logger =
        std::make_shared<spdlog::logger>("rag", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern(pattern_text, spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::trace);
    return logger;
}

/// The one process-wide object: standard error exists once.
spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = make_logger();
    return *instance;
}

std::atomic<bool> writes_json{false};

thread_local Mark current_mark;

void add_member(std::string& line, const char* name, const std::string& value) {
    if (!value.empty()) {
        line += fmt::format(",\"{}\":{}", name, dump_json(value));
    }
}

/// The members of a line's object after its time and level.
std::string write_members(const std::string& message) {
    std::string line = "\"message\":" + dump_json(message);
    add_member(line, "request_id", current_mark.request_id);
    add_member(line, "trace_id", current_mark.trace_id);
    add_member(line, "span_id", current_mark.span_id);
    return line;
}

}  // namespace

bool parse_level(std::string_view word, Level& level) {
    constexpr std::pair<std::string_view, Level> levels[] = {
        {"trace", Level::trace}, {"debug", Level::debug}, {"info", Level::info},
        {"warn", Level::warn},   {"error", Level::error}, {"off", Level::off}};
    for (const auto& [name, value] : levels) {
        if (name == word) {
            level = value;
            return true;
        }
    }
    return false;
}

void configure(Level level, Format format) {
    logger().set_level(to_spdlog(level));
    writes_json = format == Format::json;
    logger().set_pattern(format == Format::json ? pattern_json : pattern_text,
                         spdlog::pattern_time_type::utc);
}

Scope::Scope(Mark mark) : outer_(std::exchange(current_mark, std::move(mark))) {}

Scope::~Scope() {
    current_mark = std::move(outer_);
}

bool enabled(Level level) {
    return logger().should_log(to_spdlog(level));
}

void write(Level level, const std::string& message) {
    logger().log(to_spdlog(level), "{}", writes_json ? write_members(message) : message);
}

}  // namespace rag::log
