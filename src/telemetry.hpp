#pragma once

#include "base/metrics.hpp"
#include "base/workers.hpp"
#include "http/server.hpp"
#include "mcp/dispatcher.hpp"

#include <atomic>
#include <chrono>
#include <string>

namespace rag {

/// What a server measures of itself, and when it was last asked something. Safe for concurrent use.
class Telemetry final {
public:
    Telemetry();
    Telemetry(const Telemetry&) = delete;
    Telemetry& operator=(const Telemetry&) = delete;

    Metrics& metrics() { return metrics_; }

    /// One call of the protocol: counted, timed and logged in one line.
    void note_call(const mcp::CallReport& report);
    /// One HTTP request. Those of the protocol's endpoints count as requests only: what was asked
    /// comes to note_call, so that a stream that is opened anew again and again is no call.
    void note_request(const http::Served& served);

    /// From now on the page shows the pool. It must outlive the last reading of the page.
    void watch(const std::string& name, const Workers& pool);

    /// When the last call ended; at first, when this was made.
    std::chrono::steady_clock::time_point last_call() const;

private:
    void touch();

    Metrics metrics_;
    std::atomic<std::chrono::steady_clock::rep> last_call_;
};

}  // namespace rag
