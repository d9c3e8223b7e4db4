#include "server/health.hpp"
#include "base/json.hpp"
#include "base/metrics.hpp"

#include <doctest/doctest.h>

namespace rag::server {
namespace {

class Probe final : public http::Exchange {
public:
    explicit Probe(http::Request request) : request_(std::move(request)) {}
    const http::Request& request() const override { return request_; }
    std::stop_token gone() const override { return {}; }
    void respond(http::Response response) override { answer = std::move(response); }
    std::shared_ptr<http::EventStream> respond_with_stream(int, HttpHeaders) override {
        return nullptr;
    }
    http::Response answer;

private:
    http::Request request_;
};

http::Response ask(const std::vector<http::Route>& routes, const std::string& path,
                   http::Request request = {}) {
    const auto probe = std::make_shared<Probe>(std::move(request));
    for (const http::Route& route : routes) {
        if (route.path == path) {
            route.handler(probe);
        }
    }
    return probe->answer;
}

}  // namespace

TEST_CASE("health: ready when the store answers; a loading index is said, not failed") {
    PartState store = PartState::loading;
    const auto routes =
        make_health_routes({[&] { return store; }, [] { return PartState::loading; }});
    CHECK(ask(routes, "/health").status == 503);
    CHECK(ask(routes, "/health/live").status == 200);
    store = PartState::ready;
    const http::Response answer = ask(routes, "/health/ready");
    CHECK(answer.status == 200);
    CHECK(parse_json(answer.body)["index"] == "loading");
    store = PartState::stopping;
    CHECK(ask(routes, "/health/ready").status == 503);
}

TEST_CASE("health: details are for who may have them") {
    HealthSources sources{[] { return PartState::ready; }, [] { return PartState::ready; }, {}};
    sources.details = [](const http::Request& request) {
        return request.has_header("authorization") ? Json{{"version", "1"}} : Json(nullptr);
    };
    const auto routes = make_health_routes(sources);
    CHECK_FALSE(parse_json(ask(routes, "/health").body).contains("version"));
    http::Request known;
    known.headers = {{"authorization", "Bearer x"}};
    CHECK(parse_json(ask(routes, "/health", known).body)["version"] == "1");
}

TEST_CASE("health: the system's parts are told, and a failed one is a 503") {
    std::string status = "ok";
    const auto routes = make_system_health_routes(
        {[&] { return Json{{"status", status}}; },
         [&] { return Json{{"status", status}, {"parts", Json::object()}}; }});
    CHECK(ask(routes, "/api/system/health").status == 200);
    CHECK(parse_json(ask(routes, "/api/system/detailed-health").body).contains("parts"));
    status = "failed";
    CHECK(ask(routes, "/api/system/health").status == 503);
    CHECK(ask(routes, "/api/system/detailed-health").status == 503);
}

TEST_CASE("health: a server whose store is away goes on as long as its index answers") {
    PartState index = PartState::ready;
    const auto routes =
        make_health_routes({[] { return PartState::unreachable; }, [&] { return index; }});
    const http::Response answer = ask(routes, "/health");
    CHECK(answer.status == 200);
    CHECK(parse_json(answer.body)["status"] == "degraded");
    CHECK(parse_json(answer.body)["store"] == "unreachable");
    index = PartState::loading;
    CHECK(ask(routes, "/health").status == 503);
}

TEST_CASE("metrics: counters, gauges and histograms in Prometheus' text format") {
    Metrics metrics;
    metrics.counter("rag_calls_total", "Calls.", {{"tool", "a\"b"}}).add(2);
    metrics.gauge("rag_connections", "Open.", [] { return 3.0; });
    Histogram& seconds = metrics.histogram("rag_seconds", "Time.", {0.1, 1});
    seconds.observe(0.05);
    seconds.observe(5);
    const std::string page = metrics.text();
    CHECK(page.find("rag_calls_total{tool=\"a\\\"b\"} 2\n") != std::string::npos);
    CHECK(page.find("# TYPE rag_connections gauge\nrag_connections 3\n") != std::string::npos);
    CHECK(page.find("rag_seconds_bucket{le=\"0.1\"} 1\n") != std::string::npos);
    CHECK(page.find("rag_seconds_bucket{le=\"+Inf\"} 2\n") != std::string::npos);
    CHECK(page.find("rag_seconds_count 2\n") != std::string::npos);
}

TEST_CASE("metrics: label values beyond the most fall into one series") {
    Metrics metrics;
    for (std::size_t i = 0; i < 2 * Metrics::series_max; ++i) {
        metrics.counter("rag_x_total", "X.", {{"path", std::to_string(i)}}).add();
    }
    CHECK(metrics.counter("rag_x_total", "X.", {{"path", "another"}}).value() ==
          Metrics::series_max);
}

}  // namespace rag::server
