#include "server/health.hpp"

#include "http/message.hpp"

namespace rag::server {
namespace {

const char* to_word(PartState state) {
    switch (state) {
        case PartState::ready: return "ready";
        case PartState::loading: return "loading";
        case PartState::failed: return "failed";
        case PartState::stopping: return "stopping";
        case PartState::unreachable: return "unreachable";
    }
    return "failed";
}

http::Response report(const HealthSources& sources, const http::Request& request) {
    const PartState store = sources.store();
    const PartState index = sources.index();
    const bool ready = store == PartState::ready;
    // Searches are answered from the copy meanwhile: no reason to take the server out of service.
    const bool degraded = store == PartState::unreachable && index == PartState::ready;
    Json states{{"status", ready ? "ok" : (degraded ? "degraded" : to_word(store))},
                {"store", to_word(store)},
                {"index", to_word(index)}};
    if (sources.details) {
        if (const Json details = sources.details(request); details.is_object()) {
            states.update(details);
        }
    }
    return http::make_json_response(ready || degraded ? 200 : 503, dump_json(states));
}

http::Response respond_with(const Json& health) {
    return http::make_json_response(health.value("status", "") == "failed" ? 503 : 200,
                                    dump_json(health));
}

}  // namespace

std::vector<http::Route> make_health_routes(HealthSources sources) {
    const auto ready = [sources =
                            std::move(sources)](const std::shared_ptr<http::Exchange>& exchange) {
        exchange->respond(report(sources, exchange->request()));
    };
    const auto live = [](const std::shared_ptr<http::Exchange>& exchange) {
        exchange->respond(http::make_json_response(200, R"({"status":"ok"})"));
    };
    return {{"GET", "/health", http::Place::network, ready},
            {"GET", "/health/ready", http::Place::network, ready},
            {"GET", "/health/live", http::Place::network, live}};
}

std::vector<http::Route> make_system_health_routes(SystemHealthSources sources) {
    return {
        {"GET", "/api/system/health", http::Place::network,
         [summary = std::move(sources.summary)](const std::shared_ptr<http::Exchange>& exchange) {
             exchange->respond(respond_with(summary()));
         }},
        {"GET", "/api/system/detailed-health", http::Place::worker,
         [examination =
              std::move(sources.examination)](const std::shared_ptr<http::Exchange>& exchange) {
             exchange->respond(respond_with(examination()));
         }}};
}

http::Route make_metrics_route(const Metrics& metrics) {
    return {"GET", "/metrics", http::Place::network,
            [&metrics](const std::shared_ptr<http::Exchange>& exchange) {
                exchange->respond(http::make_text_response(
                    200, "text/plain; version=0.0.4; charset=utf-8", metrics.text()));
            }};
}

}  // namespace rag::server
