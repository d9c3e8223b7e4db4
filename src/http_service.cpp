#include "http_service.hpp"

#include "base/log.hpp"
#include "base/loopback.hpp"
#include "http/message.hpp"
#include "rag/error.hpp"
#include "server/health.hpp"

#include <fmt/format.h>

#include <utility>

namespace rag {
namespace {

constexpr std::int64_t bytes_of_mb = 1024 * 1024;

/// A client that came back at once would keep the machine awake all the same.
server::StreamKeeperOptions stream_options(const Config& config) {
    server::StreamKeeperOptions options;
    if (config.stream_idle.count() > 0) {
        options.idle_max = config.stream_idle;
        options.retry = config.stream_idle;
    }
    return options;
}

server::OriginRules origin_rules(const Config& config) {
    return {config.host, config.public_url, config.allowed_hosts, config.allowed_origins};
}

void check_bind_address(const Config& config) {
    if (!is_loopback(config.host) && config.auth == AuthMode::none && !config.auth_given) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("RAG_HOST is '{}', which others can reach, and there is no "
                                "authentication. Set RAG_AUTH=token and make a token with 'rag "
                                "token create --name NAME', or write out RAG_AUTH=none.",
                                config.host));
    }
}

server::AuthScheme auth_scheme(AuthMode mode) {
    switch (mode) {
        case AuthMode::none: return server::AuthScheme::open;
        case AuthMode::token: return server::AuthScheme::bearer;
        case AuthMode::oauth: return server::AuthScheme::oauth;
    }
    return server::AuthScheme::bearer;
}

server::PartState to_part_state(DeferredState state) {
    switch (state) {
        case DeferredState::ready: return server::PartState::ready;
        case DeferredState::failed: return server::PartState::failed;
        case DeferredState::idle:
        case DeferredState::opening: return server::PartState::loading;
    }
    return server::PartState::failed;
}

server::PartState index_state(Engine& engine) {
    const auto status = engine.copy_status();
    if (!status || status->state == index::CopyState::loading) {
        return engine.state() == DeferredState::failed ? server::PartState::failed
                                                       : server::PartState::loading;
    }
    return server::PartState::ready;
}

}  // namespace

HttpService::HttpService(const Config& config, const std::string& secret, Engine& engine,
                         McpService& protocol, Telemetry& telemetry, Workers& calls, Workers& jobs)
    : config_(config),
      engine_(engine),
      telemetry_(telemetry),
      health_(config, engine),
      origins_(origin_rules(config)),
      stored_tokens_(engine),
      issued_tokens_(config.auth == AuthMode::oauth ? std::make_unique<IssuedTokens>(config, engine)
                                                    : nullptr),
      resource_({config.public_url, {config.oauth_issuer}}),
      authenticator_(auth_options(), engine.clock()),
      rate_limit_(config.rate_limit, engine.clock()),
      call_limit_(static_cast<std::size_t>(config.concurrent_calls)),
      ended_sessions_(engine),
      sessions_(secret, ended_sessions_, engine.clock()),
      streams_(stream_options(config)),
      streamable_(protocol.dispatcher(), sessions_, streams_, jobs, door()),
      sse_(protocol.dispatcher(), streams_, jobs, door(), engine.ids()),
      server_(server_options(), routes(), calls) {
    show_connections();
}

std::string HttpService::address() const {
    const bool is_v6 = config_.host.find(':') != std::string::npos;
    return fmt::format(fmt::runtime(is_v6 ? "http://[{}]:{}" : "http://{}:{}"), config_.host,
                       server_.port());
}

void HttpService::stop() {
    stopping_ = true;
    streams_.end_all();
    server_.stop();
}

server::AuthOptions HttpService::auth_options() {
    check_bind_address(config_);
    server::AuthOptions options;
    options.scheme = auth_scheme(config_.auth);
    if (options.scheme == server::AuthScheme::bearer) {
        options.tokens = server::parse_tokens(config_.tokens);
        options.look_up = [this](const std::string& token) {
            return stored_tokens_.look_up(token);
        };
    } else if (options.scheme == server::AuthScheme::oauth) {
        options.look_up = [this](const std::string& token) {
            return issued_tokens_->look_up(token);
        };
        options.metadata_url = [this](const http::Request& head) {
            return resource_.metadata_url(head);
        };
    }
    return options;
}

server::Door HttpService::door() {
    server::Door door;
    door.caller_of = [this](const http::Request& request) {
        return authenticator_.identify(request);
    };
    door.check_scope = [this](const http::Request& request, std::optional<Role> needed) {
        return authenticator_.check_scope(request, needed);
    };
    door.take_place = [this](const http::Request& request) {
        server::CallPlace taken;
        taken.place = call_limit_.take(
            server::payer_of(request, authenticator_.identify(request), authenticator_.scheme()));
        if (!taken.place) {
            taken.refusal = std::make_unique<http::Response>(call_limit_.refuse());
        }
        return taken;
    };
    return door;
}

http::ServerOptions HttpService::server_options() {
    http::ServerOptions options;
    options.host = config_.host;
    options.port = config_.port;
    options.limits.body_bytes_max = static_cast<std::size_t>(config_.max_body_mb * bytes_of_mb);
    options.limits.body_budget_bytes =
        static_cast<std::size_t>(config_.body_budget_mb * bytes_of_mb);
    options.gate = server::make_gate(origins_, authenticator_, rate_limit_);
    options.gate_waits = [this](const http::Request& head) { return authenticator_.waits(head); };
    options.decorate = [this](const http::Request& request, HttpHeaders& headers) {
        origins_.decorate(request, headers);
    };
    options.on_served = [this](const http::Served& served) { telemetry_.note_request(served); };
    return options;
}

/// The route for tokens that cover every collection, 403 for the others.
http::Route HttpService::of_whole_store(http::Route route) {
    route.handler = [this, handler = std::move(route.handler)](
                        const std::shared_ptr<http::Exchange>& exchange) {
        if (authenticator_.covers_all_collections(exchange->request())) {
            handler(exchange);
            return;
        }
        exchange->respond(http::make_error_response(
            403,
            "This token is limited to some collections; figures of the whole server need "
            "one that is not."));
    };
    return route;
}

std::vector<http::Route> HttpService::routes() {
    std::vector<http::Route> routes = server::make_health_routes(
        {.store =
             [this] {
                 if (stopping_) {
                     return server::PartState::stopping;
                 }
                 return engine_.is_cut_off() ? server::PartState::unreachable
                                             : to_part_state(engine_.state());
             },
         .index = [this] { return index_state(engine_); },
         .details = [this](const http::Request& request) { return health_details(request); }});
    for (http::Route& route :
         server::make_system_health_routes({.summary = [this] { return health_.summarise(); },
                                            .examination = [this] { return health_.examine(); }})) {
        routes.push_back(of_whole_store(std::move(route)));
    }
    routes.push_back(of_whole_store(server::make_metrics_route(telemetry_.metrics())));
    if (config_.auth == AuthMode::oauth) {
        for (http::Route& route : resource_.routes()) {
            routes.push_back(std::move(route));
        }
    }
    routes.push_back(streamable_.route());
    for (http::Route& route : sse_.routes()) {
        routes.push_back(std::move(route));
    }
    return routes;
}

/// The lag for everybody; version, uptime and sizes for whoever may see all, where that is
/// restricted.
/// On the network thread; the gate has looked the token up.
Json HttpService::health_details(const http::Request& request) {
    if (authenticator_.covers_all_collections(request)) {
        Json details = health_.summarise();
        details.erase("status");
        return details;
    }
    const auto index = engine_.copy_status();
    return index && index->lag ? Json{{"index_lag_ms", index->lag->count()}} : Json(nullptr);
}

void HttpService::show_connections() {
    Metrics& metrics = telemetry_.metrics();
    metrics.gauge("rag_http_connections", "Open connections.",
                  [this] { return static_cast<double>(server_.connections()); });
    metrics.gauge("rag_http_body_bytes", "Of request bodies in flight.",
                  [this] { return static_cast<double>(server_.body_bytes_in_flight()); });
}

}  // namespace rag
