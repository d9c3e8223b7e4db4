#pragma once

#include "http/types.hpp"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rag::server {

struct OriginRules {
    std::string bind_host;   ///< Loopback names are good hosts when this is loopback.
    std::string public_url;  ///< May be empty.
    std::vector<std::string> allowed_hosts;    ///< host, or host:port
    std::vector<std::string> allowed_origins;  ///< scheme://host[:port]
};

/// Whether a path answers any Host, without authentication: what platforms probe.
bool is_health_path(std::string_view path);

/// Protects against DNS rebinding and against pages of other origins, and speaks CORS with those
/// that are allowed. Constant after construction.
class OriginGate final {
public:
    /// Throws Error{invalid_argument} for a public URL or an origin that is none.
    explicit OriginGate(const OriginRules& rules);

    /// 403 for a Host or an Origin that is not ours; the answer to a preflight of an origin that
    /// is; null lets the request pass. Comes before authentication.
    std::unique_ptr<http::Response> check(const http::Request& head) const;

    /// Adds the security headers, and CORS for an allowed origin.
    void decorate(const http::Request& head, HttpHeaders& headers) const;

private:
    bool is_good_host(std::string_view host) const;
    bool is_good_origin(const http::Request& head, std::string_view origin) const;

    bool loopback_ = false;
    bool behind_tls_ = false;  ///< Clients come by https, so browsers may insist on it.
    std::set<std::string, std::less<>> hosts_;
    std::set<std::string, std::less<>> origins_;
};

}  // namespace rag::server
