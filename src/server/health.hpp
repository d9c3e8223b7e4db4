#pragma once

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
};

/// /health and /health/ready (200 once the store answers, and while it does not but the index goes
/// on answering; else 503), /health/live (200). Nothing but states is said.
std::vector<http::Route> make_health_routes(HealthSources sources);

/// /metrics in Prometheus' text format. `metrics` must outlive the server.
http::Route make_metrics_route(const Metrics& metrics);

}  // namespace rag::server
