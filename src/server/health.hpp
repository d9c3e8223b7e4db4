#pragma once

#include "base/json.hpp"
#include "base/metrics.hpp"
#include "http/types.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rag::server {

enum class PartState {
    ready,
    loading,
    failed,
    stopping,
    unreachable,  ///< Was ready, and does not answer now.
};

/// Asked on the network thread at each probe: must not block.
struct HealthSources {
    std::function<PartState()> store;
    std::function<PartState()> index;  ///< Loading is reported, not failed: the store answers.
    /// What is said beside the states to who sent the request; an object, or null for nothing.
    /// Empty: nothing to anybody.
    std::function<Json(const http::Request&)> details = {};
};

/// /health and /health/ready (200 once the store answers, and while it does not but the index goes
/// on answering; else 503), /health/live (200). Nothing but states and the given details is said.
std::vector<http::Route> make_health_routes(HealthSources sources);

/// What the system's parts are doing, as JSON with a member `status`.
struct SystemHealthSources {
    std::function<Json()> summary;  ///< On the network thread: must not block.
    /// Asks every part, on a worker.
    std::function<Json()> examination;
};

/// /api/system/health and /api/system/detailed-health: 200, or 503 where `status` is "failed".
/// Behind the gate, unlike the probes above.
std::vector<http::Route> make_system_health_routes(SystemHealthSources sources);

/// /metrics in Prometheus' text format. `metrics` must outlive the server.
http::Route make_metrics_route(const Metrics& metrics);

}  // namespace rag::server
