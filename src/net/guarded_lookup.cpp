#include "net/guarded_lookup.hpp"

#include "base/ascii.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <utility>

namespace rag::net {

bool names_host(const std::string& entry, const Url& url) {
    const std::string host =
        url.host.find(':') == std::string::npos ? url.host : '[' + url.host + ']';
    const std::string written = ascii_lower(entry);
    return written == url.host || written == host ||
           written == host + ':' + std::to_string(url.port);
}

GuardedLookup::GuardedLookup(std::vector<std::string> allow_hosts, Lookup lookup)
    : allow_hosts_(std::move(allow_hosts)), resolver_(std::move(lookup)) {}

std::vector<IpAddress> GuardedLookup::addresses_of(const Url& url, Reach reach,
                                                   const std::stop_token& stop,
                                                   SteadyTime deadline) {
    const bool allowed =
        std::any_of(allow_hosts_.begin(), allow_hosts_.end(),
                    [&](const std::string& entry) { return names_host(entry, url); });
    const bool guarded = reach == Reach::public_only && !allowed;
    const auto refuse = [&](std::string_view why) {
        throw Error(ErrorCode::invalid_argument,
                    url.host + " may not be fetched: it is " + std::string(why) +
                        ". Whoever runs this server can allow it with RAG_CRAWL_ALLOW_HOSTS=" +
                        url.authority() + '.');
    };
    if (guarded) {
        if (const auto why = why_not_a_public_name(url.host); !why.empty()) {
            refuse(why);
        }
    }
    std::vector<IpAddress> addresses = resolver_.resolve(url.host, stop, deadline);
    if (guarded) {
        for (const IpAddress& address : addresses) {
            if (const auto why = why_not_public(address); !why.empty()) {
                refuse(why);
            }
        }
    }
    return addresses;
}

}  // namespace rag::net
