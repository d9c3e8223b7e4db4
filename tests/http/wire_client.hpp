#pragma once

#include "base/workers.hpp"
#include "http/server.hpp"
#include "support/wire_client.hpp"

#include <string>
#include <utility>
#include <vector>

namespace rag::http {

using test::await;
using test::body_of;
using test::get;
using test::post;
using test::status_of;
using test::WireClient;

/// A server with its workers.
struct TestServer {
    explicit TestServer(std::vector<Route> routes, ServerOptions options = {},
                        std::size_t queue = 64)
        : workers("call", 2, queue), server(std::move(options), std::move(routes), workers) {
        server.start();
    }
    WireClient connect() { return WireClient(server.port()); }

    Workers workers;
    Server server;
};

/// Answers with the request's method, path and body.
Route echo_route(std::string method, std::string path, Place place = Place::worker);

}  // namespace rag::http
