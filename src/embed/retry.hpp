#pragma once

#include "rag/clock.hpp"
#include "rag/context.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

namespace rag::embed {

/// Time and chance, so that tests own both. All are safe for concurrent use.
struct RetryTools {
    std::function<Timestamp()> now;
    std::function<SteadyTime()> steady_now;
    /// Waits; returns early when the call is stopped.
    std::function<void(const CallContext&, std::chrono::milliseconds)> pause;
    std::function<double()> random;  ///< From [0, 1).
};

/// The machine's clock and a random source.
RetryTools system_retry_tools();

/// How long to go on after a failure, and how long to wait each time: exponential back-off with
/// jitter, which keeps clients that failed together from coming back together.
struct RetryLimits {
    std::chrono::milliseconds first_pause{500};
    std::chrono::milliseconds pause_max{8'000};
    std::chrono::milliseconds all{20'000};  ///< From the first failure to the last attempt.
};

/// The attempts of one call.
class Retry {
public:
    /// Both must outlive the object.
    Retry(const RetryTools& tools, const RetryLimits& limits) : tools_(tools), limits_(limits) {}

    /// Waits after a failure, `asked` at least. False at once, without waiting, when the next
    /// attempt would come too late for the limits or for the call's deadline: give up then. Throws
    /// Error{cancelled} when the call was stopped meanwhile.
    bool wait(const CallContext& context, std::optional<std::chrono::milliseconds> asked);

private:
    const RetryTools& tools_;
    const RetryLimits& limits_;
    std::optional<SteadyTime> first_failure_;
    int failures_ = 0;
};

/// Reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or a date of the form
/// "Sun, 06 Nov 1994 08:49:37 GMT". Null for anything else; never negative.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, Timestamp now);

}  // namespace rag::embed
