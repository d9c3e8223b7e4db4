#include "net/client.hpp"

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/url.hpp"
#include "base/version.hpp"
#include "net/connection.hpp"
#include "net/exchange.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace rag::net {
namespace {

bool has(const HttpHeaders& headers, const std::string& name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& header) { return ascii_lower(header.first) == name; });
}

void drop_credentials(HttpHeaders& headers) {
    std::erase_if(headers, [](const auto& header) {
        const std::string name = ascii_lower(header.first);
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
            if (names_host(host, url)) {
                headers.insert(headers.end(), given.begin(), given.end());
            }
        }
    }
    std::erase_if(headers, [](const auto& header) {
        const std::string name = ascii_lower(header.first);
        return name == "host" || name == "accept-encoding" || name == "connection";
    });
    if (!has(headers, "user-agent")) {
        headers.emplace_back("User-Agent", user_agent_of(options));
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
                      [](const auto& h) { return ascii_lower(h.first).starts_with("content-"); });
    }
    return *next;
}

}  // namespace

std::string user_agent_of(const NetOptions& options) {
    if (!options.user_agent.empty()) {
        return options.user_agent;
    }
    const std::string contact = options.contact.empty() ? "" : '+' + options.contact + "; ";
    return "rag-memory/" + std::string(version) + " (" + contact + "honours robots.txt)";
}

NetClient::NetClient(NetOptions options)
    : options_(std::move(options)),
      lookup_(options_.allow_hosts, options_.lookup),
      kept_(options_.idle_max) {}

/// One hop, by a connection that waits or by a new one.
HttpResponse NetClient::ask(Hop& hop, Reach reach) {
    // A connection that was opened where anything may be reached serves nothing that strangers ask.
    const std::string key = (reach == Reach::anywhere ? "anywhere " : "public ") + hop.url.origin();
    // Other methods are not asked again when a connection turns out to be gone (RFC 9110, 9.2.2).
    const bool repeatable = hop.method == "GET" || hop.method == "HEAD";
    if (auto connection = repeatable ? kept_.take(key) : nullptr) {
        if (auto response = exchange_on(*connection, hop)) {
            if (connection->is_ready()) {
                kept_.keep(key, std::move(connection));
            }
            return *std::move(response);
        }
    }
    hop.addresses = lookup_.addresses_of(hop.url, reach, hop.stop, hop.deadline);
    Exchanged exchanged =
        exchange(hop, repeatable ? Connection::Use::again : Connection::Use::once);
    if (repeatable && exchanged.connection->is_ready()) {
        kept_.keep(key, std::move(exchanged.connection));
    }
    return std::move(exchanged.response);
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
        hop.headers = complete(headers, hop.url, options_, downgraded);
        if (request.reach == Reach::anywhere && !log::current_mark().trace_parent.empty()) {
            hop.headers.emplace_back("traceparent", log::current_mark().trace_parent);
        }
        HttpResponse response = ask(hop, request.reach);
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
