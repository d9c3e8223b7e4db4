#pragma once

#include "net/guarded_lookup.hpp"
#include "net/kept_connections.hpp"
#include "rag/http_client.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rag::net {

struct Hop;

struct NetOptions {
    /// host or host:port as written in the URL; these alone may have addresses that are not public.
    std::vector<std::string> allow_hosts;
    std::string user_agent;  ///< Empty: ours.
    /// Where a site's owner can complain, a URL or an address; stands in our user agent.
    std::string contact;
    /// Sent to that host (or host:port) only, and not after a redirect from https to http.
    std::map<std::string, std::map<std::string, std::string>> headers_by_host;
    Lookup lookup = system_lookup;  ///< May block; see Resolver.
    /// How long a connection waits for the next request to its host.
    std::chrono::milliseconds idle_max{10'000};
};

/// As crawlers write it: the name that robots.txt knows, then where to find who runs it.
std::string user_agent_of(const NetOptions& options);

/// HttpClient over real connections. For `Reach::public_only` a name is looked up once a hop, every
/// address must be public and the connection goes to one of these very addresses, whatever the name
/// says a moment later; proxies in the environment are never used. A connection stays open for the
/// next GET or HEAD to the same origin under the same rules; a new one is looked up and checked
/// anew.
class NetClient final : public HttpClient {
public:
    explicit NetClient(NetOptions options);

    HttpResponse send(const CallContext& context, const HttpRequest& request) override;

private:
    HttpResponse ask(Hop& hop, Reach reach);

    NetOptions options_;
    GuardedLookup lookup_;
    KeptConnections kept_;
};

}  // namespace rag::net
