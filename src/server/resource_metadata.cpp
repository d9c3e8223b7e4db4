#include "server/resource_metadata.hpp"

#include "base/json.hpp"
#include "base/roles.hpp"
#include "base/url.hpp"
#include "http/message.hpp"

#include <utility>

namespace rag::server {
namespace {

constexpr const char* well_known = "/.well-known/oauth-protected-resource";
constexpr const char* mcp_endpoint = "/mcp";
constexpr const char* sse_endpoint = "/sse";

/// The path of what clients type, without that of an endpoint.
std::string path_before_endpoint(std::string path) {
    while (path.ends_with('/')) {
        path.pop_back();
    }
    for (const std::string_view endpoint : {mcp_endpoint, sse_endpoint}) {
        if (path.ends_with(endpoint)) {
            path.resize(path.size() - endpoint.size());
        }
    }
    return path;
}

const char* endpoint_of(std::string_view path) {
    return path == "/sse" || path == "/messages" ? sse_endpoint : mcp_endpoint;
}

}  // namespace

bool is_metadata_path(std::string_view path) {
    return path.starts_with(well_known) && (path.size() == std::string_view(well_known).size() ||
                                            path[std::string_view(well_known).size()] == '/');
}

std::vector<std::string> resource_names(const std::string& public_url) {
    const std::optional<Url> url = parse_url(public_url);
    if (!url) {
        return {};
    }
    const std::string base = url->origin() + path_before_endpoint(url->path);
    return {base + mcp_endpoint, base + sse_endpoint};
}

ProtectedResource::ProtectedResource(ResourceOptions options) : options_(std::move(options)) {}

ProtectedResource::Base ProtectedResource::base_of(const http::Request& request) const {
    if (const std::optional<Url> url = parse_url(options_.public_url)) {
        return {url->origin(), path_before_endpoint(url->path)};
    }
    return {"http://" + std::string(request.header("host")), {}};
}

std::string ProtectedResource::metadata_url(const http::Request& head) const {
    const Base base = base_of(head);
    return base.origin + well_known + base.path + endpoint_of(head.path);
}

std::vector<http::Route> ProtectedResource::routes() const {
    std::vector<http::Route> routes;
    for (const std::string& path : {std::string(well_known), std::string(well_known) + "/*"}) {
        http::Route route;
        route.method = "GET";
        route.path = path;
        route.place = http::Place::network;
        route.handler = [this](const std::shared_ptr<http::Exchange>& exchange) {
            exchange->respond(describe(exchange->request()));
        };
        routes.push_back(std::move(route));
    }
    return routes;
}

http::Response ProtectedResource::describe(const http::Request& request) const {
    const Base base = base_of(request);
    std::string endpoint = request.path.substr(std::string_view(well_known).size());
    if (!base.path.empty() && endpoint.starts_with(base.path)) {
        endpoint.erase(0, base.path.size());
    }
    if (endpoint.empty()) {
        endpoint = mcp_endpoint;
    }
    if (endpoint != mcp_endpoint && endpoint != sse_endpoint) {
        return http::make_error_response(404, "There is no such resource here.");
    }
    const Json document = {
        {"resource", base.origin + base.path + endpoint},
        {"authorization_servers", options_.authorization_servers},
        {"scopes_supported",
         {scope_of(Role::reader), scope_of(Role::writer), scope_of(Role::admin)}},
        {"bearer_methods_supported", Json::array({"header"})},
        {"resource_name", "RAG Memory"}};
    return http::make_json_response(200, dump_json(document));
}

}  // namespace rag::server
