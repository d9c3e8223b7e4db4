#pragma once

#include "base/url.hpp"
#include "net/resolver.hpp"
#include "rag/http_client.hpp"

#include <stop_token>
#include <string>
#include <vector>

namespace rag::net {

/// Whether an entry of the configuration ("host" or "host:port") names the URL's host.
bool names_host(const std::string& entry, const Url& url);

/// Where hosts may be reached: the one rule for everything that this program fetches. Safe for
/// concurrent use.
class GuardedLookup final {
public:
    /// The hosts of `allow_hosts`, as written in the URL, may have addresses that are not public.
    GuardedLookup(std::vector<std::string> allow_hosts, Lookup lookup);

    /// Looks the URL's host up once; whoever connects uses one of these very addresses. Throws
    /// Error{invalid_argument} where `Reach::public_only` forbids it (the message says why), and
    /// as Resolver::resolve does.
    std::vector<IpAddress> addresses_of(const Url& url, Reach reach, const std::stop_token& stop,
                                        SteadyTime deadline);

private:
    const std::vector<std::string> allow_hosts_;
    Resolver resolver_;
};

}  // namespace rag::net
