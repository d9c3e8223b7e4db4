#pragma once

#include "http/types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rag::server {

struct ResourceOptions {
    /// What clients type, with or without the path of an endpoint; empty: http and the request's
    /// Host, which the gate has found to be ours.
    std::string public_url;
    std::vector<std::string> authorization_servers;  ///< Their issuers.
};

/// This server as a protected resource (RFC 9728): where its metadata stands and what it says.
/// Constant after construction.
class ProtectedResource final {
public:
    explicit ProtectedResource(ResourceOptions options);

    /// The address of the metadata about the endpoint that the request went to.
    std::string metadata_url(const http::Request& head) const;
    /// At the well-known address, and below it for each endpoint.
    std::vector<http::Route> routes() const;

private:
    struct Base {
        std::string origin;  ///< scheme://authority
        std::string path;    ///< What comes before the endpoint's own, without slash at its end.
    };

    Base base_of(const http::Request& request) const;
    http::Response describe(const http::Request& request) const;

    const ResourceOptions options_;
};

/// What the server's endpoints are called by clients that type this URL: the audiences that their
/// tokens may name.
std::vector<std::string> resource_names(const std::string& public_url);

/// Whether a path is that of the metadata: open to everyone, from pages of every origin.
bool is_metadata_path(std::string_view path);

}  // namespace rag::server
