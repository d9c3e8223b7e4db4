#include "telemetry.hpp"

#include "base/log.hpp"
#include "base/process_status.hpp"
#include "base/version.hpp"
#include "server/gate.hpp"

#include <string_view>
#include <vector>

namespace rag {
namespace {

const std::vector<double> latency_bounds_s{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                           0.1,   0.25,   0.5,   1,    2.5,   10};

std::string_view to_word(mcp::CallOutcome outcome) {
    switch (outcome) {
        case mcp::CallOutcome::done: return "ok";
        case mcp::CallOutcome::tool_error: return "refused";
        case mcp::CallOutcome::failed: return "error";
        case mcp::CallOutcome::cancelled: return "cancelled";
    }
    return "error";
}

double to_seconds(std::chrono::microseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

/// Where the protocol is spoken; its calls are counted as calls.
bool is_protocol_path(std::string_view route) {
    return route == "/mcp" || route == "/sse" || route == "/messages";
}

void show_process(Metrics& metrics) {
    metrics.gauge("rag_build_info", "Always 1; the label names the version.", [] { return 1.0; },
                  {{"version", std::string(version)}});
    metrics.gauge("process_resident_memory_bytes", "Memory of this process that is in RAM.",
                  [] { return static_cast<double>(read_process_status().resident_bytes); });
    metrics.gauge("process_anonymous_memory_bytes",
                  "Of the resident memory, what no file stands behind.",
                  [] { return static_cast<double>(read_process_status().anonymous_bytes); });
    metrics.gauge("process_threads", "Threads of this process.",
                  [] { return static_cast<double>(read_process_status().threads); });
    metrics.gauge("process_open_fds", "Open file descriptors.",
                  [] { return static_cast<double>(count_open_files()); });
    metrics.running_total("process_cpu_seconds_total", "Processor time of this process.",
                          [] { return read_cpu_seconds(); });
    const double started =
        static_cast<double>(std::chrono::duration_cast<std::chrono::seconds>(
                                std::chrono::system_clock::now().time_since_epoch())
                                .count());
    metrics.gauge("process_start_time_seconds", "When this process began, in Unix time.",
                  [started] { return started; });
}

}  // namespace

Telemetry::Telemetry() {
    touch();
    show_process(metrics_);
}

void Telemetry::note_call(const mcp::CallReport& report) {
    const Metrics::Labels what{{"method", std::string(report.method)},
                               {"tool", std::string(report.tool)}};
    Metrics::Labels labels = what;
    labels.emplace_back("outcome", to_word(report.outcome));
    metrics_.counter("rag_calls_total", "Calls of the protocol that ran.", labels).add();
    metrics_
        .histogram("rag_call_seconds", "Time from a call's beginning to its result.",
                   latency_bounds_s, what)
        .observe(to_seconds(report.duration));
    if (report.method == "ping") {
        return;
    }
    touch();
    log::info("{}{}{} {} in {:.1f} ms", report.method, report.tool.empty() ? "" : " ", report.tool,
              to_word(report.outcome), static_cast<double>(report.duration.count()) / 1000);
}

void Telemetry::note_request(const http::Served& served) {
    // A request without a route was refused, and whoever scans the internet keeps nobody awake.
    if (!served.route.empty() && !is_protocol_path(served.route) && served.route != "/metrics" &&
        !server::is_health_path(served.route)) {
        touch();
    }
    const Metrics::Labels labels{{"method", std::string(served.method)},
                                 {"route", std::string(served.route)},
                                 {"status", std::to_string(served.status)}};
    metrics_.counter("rag_http_requests_total", "Requests answered.", labels).add();
    metrics_
        .histogram("rag_http_request_seconds", "Time from a request's head to its answer.",
                   latency_bounds_s, {{"route", std::string(served.route)}})
        .observe(to_seconds(served.duration));
}

void Telemetry::watch(const std::string& name, const Workers& pool) {
    const Metrics::Labels labels{{"pool", name}};
    metrics_.gauge(
        "rag_workers_busy", "Threads of the pool that work.",
        [&pool] { return static_cast<double>(pool.busy()); }, labels);
    metrics_.gauge(
        "rag_workers_queued", "Calls that wait for a thread of the pool.",
        [&pool] { return static_cast<double>(pool.queued()); }, labels);
    metrics_.gauge(
        "rag_workers_threads", "Threads of the pool.",
        [&pool] { return static_cast<double>(pool.threads()); }, labels);
}

std::chrono::steady_clock::time_point Telemetry::last_call() const {
    return std::chrono::steady_clock::time_point(std::chrono::steady_clock::duration(last_call_));
}

void Telemetry::touch() {
    last_call_ = std::chrono::steady_clock::now().time_since_epoch().count();
}

}  // namespace rag
