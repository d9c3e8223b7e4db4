#include "embed/retry.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <random>

namespace rag::embed {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds retry_after_max = std::chrono::hours(24 * 365);

void pause_thread(const CallContext& context, milliseconds duration) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, context.stop, duration, [] { return false; });
}

double random_fraction() {
    static thread_local std::minstd_rand source{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(source);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0) {
        return std::nullopt;
    }
    return number;
}

std::optional<unsigned> parse_month(std::string_view name) {
    static constexpr std::array<std::string_view, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto place = std::find(months.begin(), months.end(), name);
    if (place == months.end()) {
        return std::nullopt;
    }
    return static_cast<unsigned>(place - months.begin()) + 1;
}

/// IMF-fixdate of RFC 9110, section 5.6.7; the two obsolete forms are not worth reading here.
std::optional<Timestamp> parse_http_date(std::string_view text) {
    if (text.size() != 29 || !text.ends_with(" GMT") || text.substr(3, 2) != ", ") {
        return std::nullopt;
    }
    const auto day = parse_number<int>(text.substr(5, 2));
    const auto month = parse_month(text.substr(8, 3));
    const auto year = parse_number<int>(text.substr(12, 4));
    const auto hour = parse_number<int>(text.substr(17, 2));
    const auto minute = parse_number<int>(text.substr(20, 2));
    const auto second = parse_number<int>(text.substr(23, 2));
    if (!day || !month || !year || !hour || !minute || !second) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) {
        return std::nullopt;
    }
    return Timestamp(std::chrono::sys_days(date) + std::chrono::hours(*hour) +
                     std::chrono::minutes(*minute) + std::chrono::seconds(*second));
}

}  // namespace

RetryTools system_retry_tools() {
    return {
        .now = [] { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); },
        .steady_now = [] { return std::chrono::steady_clock::now(); },
        .pause = pause_thread,
        .random = random_fraction,
    };
}

bool Retry::wait(const CallContext& context, std::optional<milliseconds> asked) {
    const SteadyTime now = tools_.steady_now();
    if (!first_failure_) {
        first_failure_ = now;
    }
    // Doubling stops long before it could overflow: the limit is reached after a few failures.
    const int doublings = std::min(failures_++, 16);
    const milliseconds full =
        std::min(limits_.pause_max, limits_.first_pause * (std::int64_t{1} << doublings));
    const double fraction = 0.5 + 0.5 * tools_.random();
    const milliseconds jittered(
        static_cast<std::int64_t>(static_cast<double>(full.count()) * fraction));
    const milliseconds pause = std::max(jittered, asked.value_or(milliseconds{0}));
    const SteadyTime limit = *first_failure_ + limits_.all;
    if (now + pause > limit || now + pause >= context.deadline) {
        return false;
    }
    tools_.pause(context, pause);
    context.check();
    return true;
}

std::optional<milliseconds> parse_retry_after(std::string_view value, Timestamp now) {
    const std::string_view text = trim(value);
    if (const auto seconds = parse_number<std::int64_t>(text)) {
        if (*seconds >= std::chrono::duration_cast<std::chrono::seconds>(retry_after_max).count()) {
            return retry_after_max;
        }
        return std::chrono::seconds(*seconds);
    }
    const std::optional<Timestamp> date = parse_http_date(text);
    if (!date) {
        return std::nullopt;
    }
    return std::clamp(*date - now, milliseconds{0}, retry_after_max);
}

}  // namespace rag::embed
