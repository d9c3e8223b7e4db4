#pragma once

#include "net/resolver.hpp"
#include "rag/http_client.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rag::net {

struct NetOptions {
    /// host or host:port as written in the URL; these alone may have addresses that are not public.
    std::vector<std::string> allow_hosts;
    std::string user_agent;  ///< Empty: ours.
    /// Sent to that host (or host:port) only, and not after a redirect from https to http.
    std::map<std::string, std::map<std::string, std::string>> headers_by_host;
    Lookup lookup = system_lookup;  ///< May block; see Resolver.
};

/// HttpClient over real connections. For `Reach::public_only` a name is looked up once a hop, every
/// address must be public and the connection goes to one of these very addresses, whatever the name
/// says a moment later; proxies in the environment are never used. One connection a request.
class NetClient final : public HttpClient {
public:
    explicit NetClient(NetOptions options);

    HttpResponse send(const CallContext& context, const HttpRequest& request) override;

private:
    std::vector<IpAddress> addresses_of(const std::string& host, const std::string& authority,
                                        Reach reach, bool allowed, const std::stop_token& stop,
                                        SteadyTime deadline);

    NetOptions options_;
    Resolver resolver_;
};

}  // namespace rag::net
