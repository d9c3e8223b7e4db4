#include "base/time_text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace rag {
namespace {

/// Reads exactly `digits` decimal digits at the front of `text` and removes them.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    int value = 0;
    const char* end = text.data() + digits;
    if (std::from_chars(text.data(), end, value).ptr != end || text.front() == '-') {
        return std::nullopt;
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::string to_iso8601(Timestamp time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

std::optional<Timestamp> from_iso8601(std::string_view text) {
    using namespace std::chrono;
    const auto year_number = take_number(text, 4);
    if (!year_number || !take(text, '-')) {
        return std::nullopt;
    }
    const auto month_number = take_number(text, 2);
    if (!month_number || !take(text, '-')) {
        return std::nullopt;
    }
    const auto day_number = take_number(text, 2);
    if (!day_number || !take(text, 'T')) {
        return std::nullopt;
    }
    const auto hour = take_number(text, 2);
    if (!hour || !take(text, ':')) {
        return std::nullopt;
    }
    const auto minute = take_number(text, 2);
    if (!minute || !take(text, ':')) {
        return std::nullopt;
    }
    const auto second = take_number(text, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }

    int fraction_ms = 0;
    if (take(text, '.')) {
        int weight = 100;
        while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
            fraction_ms += weight * (text.front() - '0');
            weight /= 10;
            text.remove_prefix(1);
        }
    }
    const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                              day{static_cast<unsigned>(*day_number)}};
    if (text != "Z" || !date.ok()) {
        return std::nullopt;
    }
    return sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second} +
           milliseconds{fraction_ms};
}

}  // namespace rag
