#pragma once

#include "rag/clock.hpp"
#include "rag/context.hpp"
#include "rag/document_reader.hpp"
#include "rag/page_renderer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace rag::crawl {

/// Waits, or throws Error{cancelled, deadline_exceeded}.
using Pause = std::function<void(const CallContext&, std::chrono::milliseconds)>;

struct CrawlOptions {
    std::string product = "rag-memory";    ///< The name that robots.txt knows us by; lower case.
    std::chrono::milliseconds delay{100};  ///< Between requests where robots.txt gives none.
    std::size_t fetches_at_once = 1;       ///< Of one crawl; with one it has no threads.
    std::size_t fetches_per_host = 1;      ///< At once; one where robots.txt gives a delay.
    Pause pause;                           ///< Empty: the clock's. From several threads.
    const Clock* clock = nullptr;          ///< Null: the machine's. Must outlive the crawls.
    PageRenderer* renderer = nullptr;      ///< Null: no page is rendered. Must outlive the crawls.
    DocumentReader* documents = nullptr;   ///< Null: PDF and the like are no pages.
    /// A crawl ends when this is over; what waits is left.
    std::chrono::hours time_max{12};
    std::int64_t bytes_max = std::int64_t{4} << 30U;
};

}  // namespace rag::crawl
