#include "net/client.hpp"

#include "base/url.hpp"
#include "base/version.hpp"
#include "net/exchange.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace rag::net {
namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

/// Whether an entry of the configuration names the URL's host, with or without its port.
bool names(const std::string& entry, const Url& url) {
    const std::string host =
        url.host.find(':') == std::string::npos ? url.host : '[' + url.host + ']';
    const std::string written = lower(entry);
    return written == url.host || written == host ||
           written == host + ':' + std::to_string(url.port);
}

bool has(const HttpHeaders& headers, const std::string& name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& header) { return lower(header.first) == name; });
}

void drop_credentials(HttpHeaders& headers) {
    std::erase_if(headers, [](const auto& header) {
        const std::string name = lower(header.first);
        return name == "authorization" || name == "cookie" || name == "proxy-authorization";
    });
}

/// A line end in a header would let a caller write a second request.
void require_plain(const HttpHeaders& headers) {
    for (const auto& [name, value] : headers) {
        if (name.empty() || name.find_first_of("\r\n: ") != std::string::npos ||
            value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
            throw Error(ErrorCode::invalid_argument,
                        "A request header holds a line end or is no header name; remove it.");
        }
    }
}

HttpHeaders complete(HttpHeaders headers, const Url& url, const NetOptions& options,
                     bool downgraded) {
    if (!downgraded) {
        for (const auto& [host, given] : options.headers_by_host) {
            if (names(host, url)) {
                headers.insert(headers.end(), given.begin(), given.end());
            }
        }
    }
    std::erase_if(headers, [](const auto& header) {
        const std::string name = lower(header.first);
        return name == "host" || name == "accept-encoding" || name == "connection";
    });
    if (!has(headers, "user-agent")) {
        headers.emplace_back("User-Agent",
                             options.user_agent.empty()
                                 ? "rag-memory/" + std::string(version) + " (honours robots.txt)"
                                 : options.user_agent);
    }
    if (!has(headers, "accept")) {
        headers.emplace_back("Accept", "*/*");
    }
    headers.emplace_back("Host", url.authority());
    headers.emplace_back("Accept-Encoding", "gzip, deflate, br");
    require_plain(headers);
    return headers;
}

bool is_redirect(const HttpResponse& response) {
    const int status = response.status;
    return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
           !response.header("location").empty();
}

Url required_url(const std::string& text) {
    const auto url = parse_url(text);
    if (!url) {
        throw Error(ErrorCode::invalid_argument,
                    "'" + text.substr(0, 200) +
                        "' is no address that can be fetched; give an absolute http or https URL.");
    }
    return *url;
}

/// What the redirect leads to; changes the hop as RFC 9110, 15.4 has it.
Url follow(const HttpResponse& response, Hop& hop, HttpHeaders& headers) {
    const auto next = resolve_url(hop.url, response.header("location"));
    if (!next) {
        throw Error(ErrorCode::unavailable, hop.url.authority() +
                                                " redirects to something that is no http or https "
                                                "address.");
    }
    if (next->origin() != hop.url.origin()) {
        drop_credentials(headers);
    }
    const bool rewrites =
        response.status == 303 || ((response.status <= 302) && hop.method == "POST");
    if (rewrites && hop.method != "HEAD") {
        hop.method = "GET";
        hop.body.clear();
        std::erase_if(headers,
                      [](const auto& h) { return lower(h.first).starts_with("content-"); });
    }
    return *next;
}

}  // namespace

NetClient::NetClient(NetOptions options)
    : options_(std::move(options)), resolver_(options_.lookup) {}

std::vector<IpAddress> NetClient::addresses_of(const std::string& host,
                                               const std::string& authority, Reach reach,
                                               bool allowed, const std::stop_token& stop,
                                               SteadyTime deadline) {
    const bool guarded = reach == Reach::public_only && !allowed;
    const auto refuse = [&](std::string_view why) {
        throw Error(ErrorCode::invalid_argument,
                    host + " may not be fetched: it is " + std::string(why) +
                        ". Whoever runs this server can allow it with RAG_CRAWL_ALLOW_HOSTS=" +
                        authority + '.');
    };
    if (guarded) {
        if (const auto why = why_not_a_public_name(host); !why.empty()) {
            refuse(why);
        }
    }
    std::vector<IpAddress> addresses = resolver_.resolve(host, stop, deadline);
    if (guarded) {
        for (const IpAddress& address : addresses) {
            if (const auto why = why_not_public(address); !why.empty()) {
                refuse(why);
            }
        }
    }
    return addresses;
}

HttpResponse NetClient::send(const CallContext& context, const HttpRequest& request) {
    context.check();
    Hop hop;
    hop.method = request.method;
    hop.body = request.body;
    hop.body_bytes_max = request.body_bytes_max;
    hop.stop = context.stop;
    hop.deadline = std::min(context.deadline, std::chrono::steady_clock::now() + request.timeout);
    hop.url = required_url(request.url);
    HttpHeaders headers = request.headers;
    bool downgraded = request.downgraded;
    for (int redirects = 0;; ++redirects) {
        const bool allowed =
            std::any_of(options_.allow_hosts.begin(), options_.allow_hosts.end(),
                        [&](const std::string& entry) { return names(entry, hop.url); });
        hop.addresses = addresses_of(hop.url.host, hop.url.authority(), request.reach, allowed,
                                     hop.stop, hop.deadline);
        hop.headers = complete(headers, hop.url, options_, downgraded);
        if (request.reach == Reach::anywhere && !context.trace_parent.empty()) {
            hop.headers.emplace_back("traceparent", context.trace_parent);
        }
        HttpResponse response = exchange(hop);
        if (!is_redirect(response) || request.redirects_max == 0) {
            return response;
        }
        if (redirects == request.redirects_max) {
            throw Error(ErrorCode::unavailable, hop.url.authority() + " redirects more than " +
                                                    std::to_string(request.redirects_max) +
                                                    " times.");
        }
        const bool was_https = hop.url.scheme == "https";
        hop.url = follow(response, hop, headers);
        downgraded = downgraded || (was_https && hop.url.scheme == "http");
    }
}

}  // namespace rag::net
