#pragma once

#include "rag/clock.hpp"
#include "rag/context.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace rag::crawl {

/// Waits, or throws Error{cancelled, deadline_exceeded}.
using Pause = std::function<void(const CallContext&, std::chrono::milliseconds)>;

struct CrawlOptions {
    std::string product = "rag-memory";    ///< The name that robots.txt knows us by; lower case.
    std::chrono::milliseconds delay{100};  ///< Between requests where robots.txt gives none.
    Pause pause;                           ///< Empty: the clock's.
    const Clock* clock = nullptr;          ///< Null: the machine's. Must outlive the crawls.
    /// A crawl ends when this is over; what waits is left.
    std::chrono::hours time_max{12};
    std::int64_t bytes_max = std::int64_t{4} << 30U;
};

}  // namespace rag::crawl
