#include "server/gate.hpp"

#include "base/ascii.hpp"
#include "base/loopback.hpp"
#include "base/url.hpp"
#include "http/message.hpp"
#include "rag/error.hpp"
#include "server/resource_metadata.hpp"

#include <fmt/format.h>

namespace rag::server {
namespace {

constexpr const char* cors_methods = "GET, POST, DELETE, OPTIONS";
constexpr const char* cors_headers =
    "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Last-Event-ID, "
    "Mcp-Method, Mcp-Name";
constexpr const char* cors_exposed = "Mcp-Session-Id, WWW-Authenticate, Retry-After";
constexpr const char* cors_kept_s = "7200";
constexpr const char* hsts_one_year = "max-age=31536000";

/// host[:port] without its port; an IPv6 address without its brackets. Empty when malformed.
std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        const bool good = end != std::string_view::npos &&
                          (end + 1 == authority.size() || authority[end + 1] == ':');
        return good ? authority.substr(1, end - 1) : std::string_view();
    }
    const std::size_t colon = authority.find(':');
    const std::string_view port =
        colon == std::string_view::npos ? std::string_view() : authority.substr(colon + 1);
    return port.find_first_not_of("0123456789") == std::string_view::npos
               ? authority.substr(0, colon)
               : std::string_view();
}

Url require_url(std::string_view variable, const std::string& text) {
    const auto url = parse_url(text);
    if (!url) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} '{}' is no http or https URL; write it like "
                                "https://memory.example.org.",
                                variable, text));
    }
    return *url;
}

void set_header(HttpHeaders& headers, const char* name, std::string value) {
    for (const auto& header : headers) {
        if (ascii_lower(header.first) == ascii_lower(name)) {
            return;
        }
    }
    headers.emplace_back(name, std::move(value));
}

}  // namespace

bool is_health_path(std::string_view path) {
    return path == "/health" || path.starts_with("/health/");
}

OriginGate::OriginGate(const OriginRules& rules) : loopback_(is_loopback(rules.bind_host)) {
    if (!rules.public_url.empty()) {
        const Url url = require_url("RAG_PUBLIC_URL", rules.public_url);
        hosts_.insert(url.host);
        origins_.insert(url.origin());
        behind_tls_ = url.scheme == "https";
    }
    for (const std::string& host : rules.allowed_hosts) {
        hosts_.insert(ascii_lower(host));
    }
    for (const std::string& origin : rules.allowed_origins) {
        origins_.insert(require_url("RAG_ALLOWED_ORIGINS", origin).origin());
    }
    if (!loopback_ && rules.bind_host != "0.0.0.0" && rules.bind_host != "::") {
        hosts_.insert(ascii_lower(rules.bind_host));
    }
}

bool OriginGate::is_good_host(std::string_view authority) const {
    const std::string low = ascii_lower(authority);
    const std::string_view host = host_of(low);
    if (host.empty()) {
        return false;
    }
    return (loopback_ && is_loopback(host)) || hosts_.contains(host) || hosts_.contains(low);
}

bool OriginGate::is_good_origin(const http::Request& head, std::string_view origin) const {
    const auto url = parse_url(origin);
    if (!url) {
        return false;  // "null" too: a sandboxed page or a file.
    }
    // The Host is one of ours by now, so an origin that equals it is our own page.
    const std::string own = ascii_lower(head.header("host"));
    return origins_.contains(url->origin()) || url->authority() == own ||
           fmt::format("{}:{}", url->authority(), url->port) == own;
}

std::unique_ptr<http::Response> OriginGate::check(const http::Request& head) const {
    if (is_health_path(head.path)) {
        return nullptr;
    }
    if (!is_good_host(head.header("host"))) {
        return std::make_unique<http::Response>(http::make_error_response(
            403,
            "This Host is not served here; add it to RAG_ALLOWED_HOSTS or set "
            "RAG_PUBLIC_URL."));
    }
    if (!head.has_header("origin")) {
        return nullptr;
    }
    if (!is_metadata_path(head.path) && !is_good_origin(head, head.header("origin"))) {
        return std::make_unique<http::Response>(http::make_error_response(
            403, "Pages of this Origin may not call here; add it to RAG_ALLOWED_ORIGINS."));
    }
    if (head.method != "OPTIONS" || !head.has_header("access-control-request-method")) {
        return nullptr;
    }
    http::Response preflight{204, {}, {}};
    const std::string_view asked = head.header("access-control-request-headers");
    preflight.headers = {
        {"Access-Control-Allow-Methods", cors_methods},
        {"Access-Control-Allow-Headers", asked.empty() ? cors_headers : std::string(asked)},
        {"Access-Control-Max-Age", cors_kept_s}};
    return std::make_unique<http::Response>(std::move(preflight));
}

void OriginGate::decorate(const http::Request& head, HttpHeaders& headers) const {
    set_header(headers, "X-Content-Type-Options", "nosniff");
    set_header(headers, "X-Frame-Options", "DENY");
    set_header(headers, "Referrer-Policy", "no-referrer");
    set_header(headers, "Cross-Origin-Resource-Policy", "same-origin");
    if (behind_tls_) {
        set_header(headers, "Strict-Transport-Security", hsts_one_year);
    }
    set_header(headers, "Cache-Control", "no-store");
    set_header(headers, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    if (!head.has_header("origin")) {
        return;
    }
    if (is_metadata_path(head.path)) {
        set_header(headers, "Access-Control-Allow-Origin", "*");
        return;
    }
    set_header(headers, "Vary", "Origin");
    const std::string_view origin = head.header("origin");
    if (is_good_host(head.header("host")) && is_good_origin(head, origin)) {
        set_header(headers, "Access-Control-Allow-Origin", std::string(origin));
        set_header(headers, "Access-Control-Expose-Headers", cors_exposed);
    }
}

}  // namespace rag::server
