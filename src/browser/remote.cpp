#include "browser/remote.hpp"

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "base/json.hpp"
#include "browser/websocket.hpp"
#include "net/client.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rag::browser {
namespace {

constexpr std::string_view scheme_end = "://";
constexpr std::string_view version_path = "/json/version";
constexpr std::size_t version_bytes_max = 64 * 1024;
constexpr std::chrono::seconds version_time{10};
constexpr std::chrono::seconds lookup_time{10};

Error unavailable(const RemoteAddress& address, const std::string& what) {
    return {ErrorCode::unavailable, "The browser at " + address.place() + ' ' + what};
}

struct Parts {
    std::string scheme;
    std::string_view user;
    std::string_view rest;  ///< Host, port, path and query.
};

std::optional<Parts> cut(std::string_view setting) {
    const std::size_t end = setting.find(scheme_end);
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    Parts parts{ascii_lower(setting.substr(0, end)), {}, setting.substr(end + scheme_end.size())};
    const std::string_view authority = parts.rest.substr(0, parts.rest.find_first_of("/?#"));
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        parts.user = authority.substr(0, at);
        parts.rest.remove_prefix(at + 1);
    }
    return parts;
}

int digit_of(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::size_t at = digits.find(static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c));
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escaped = text[i] == '%' && i + 2 < text.size() && digit_of(text[i + 1]) >= 0 &&
                             digit_of(text[i + 2]) >= 0;
        decoded.push_back(
            escaped ? static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2]))
                    : text[i]);
        i += escaped ? 2 : 0;
    }
    return decoded;
}

std::string version_url(const Url& url) {
    Url version = url;
    if (!version.path.ends_with(version_path)) {
        if (version.path.ends_with('/')) {
            version.path.pop_back();
        }
        version.path += version_path;
    }
    return version.text();
}

std::string explain_status(const RemoteAddress& address, int status) {
    const std::string said =
        "answered " + std::string(version_path) + " with status " + std::to_string(status);
    if (status == 401 || status == 403) {
        return said + ": the token or password in RAG_BROWSER is missing or wrong.";
    }
    if (status == 500 && !net::parse_address(address.url.host)) {
        return said +
               ": a Chromium answers only to an address or localhost; write its address in "
               "RAG_BROWSER instead of its name.";
    }
    return said +
           "; give the address of a Chromium that runs with --remote-debugging-port, or "
           "the ws:// or wss:// address of the service.";
}

}  // namespace

std::string RemoteAddress::place() const {
    const bool secure = url.scheme == "https";
    const char* scheme = kind == Kind::web ? (secure ? "https" : "http") : (secure ? "wss" : "ws");
    return std::string(scheme) + std::string(scheme_end) + url.authority();
}

bool is_remote(std::string_view setting) {
    return setting.find(scheme_end) != std::string_view::npos;
}

std::optional<RemoteAddress> parse_remote_address(std::string_view setting) {
    const auto parts = cut(setting);
    if (!parts) {
        return std::nullopt;
    }
    const bool secure = parts->scheme == "wss" || parts->scheme == "https";
    const bool websocket = parts->scheme == "ws" || parts->scheme == "wss";
    if (!secure && !websocket && parts->scheme != "http") {
        return std::nullopt;
    }
    const auto url = parse_url((secure ? "https://" : "http://") + std::string(parts->rest));
    if (!url) {
        return std::nullopt;
    }
    std::string credentials = percent_decoded(parts->user);
    if (!credentials.empty() && credentials.find(':') == std::string::npos) {
        credentials.push_back(':');
    }
    return RemoteAddress{websocket ? RemoteAddress::Kind::websocket : RemoteAddress::Kind::web,
                         *url, std::move(credentials)};
}

std::string mask_remote_address(const std::string& setting) {
    const std::size_t end = setting.find(scheme_end);
    if (end == std::string::npos) {
        return setting;
    }
    const auto address = parse_remote_address(setting);
    if (!address) {
        return setting.substr(0, end) + std::string(scheme_end) + "********";
    }
    return address->place() +
           (address->url.target() == "/" && address->credentials.empty() ? "" : "/********");
}

RemoteAddress find_websocket(const RemoteAddress& address, const net::Lookup& lookup,
                             const std::stop_token& over) {
    if (address.kind == RemoteAddress::Kind::websocket) {
        return address;
    }
    net::NetOptions options;
    options.lookup = lookup;
    net::NetClient client(std::move(options));
    CallContext context;
    context.stop = over;
    HttpRequest request;
    request.url = version_url(address.url);
    request.reach = Reach::anywhere;
    request.redirects_max = 0;
    request.body_bytes_max = version_bytes_max;
    request.timeout = version_time;
    if (!address.credentials.empty()) {
        request.headers = {{"Authorization", "Basic " + to_base64(address.credentials)}};
    }
    HttpResponse answer;
    try {
        answer = client.send(context, request);
    } catch (const Error& error) {
        throw unavailable(address, "cannot be reached: " + error.message());
    }
    if (answer.status != 200) {
        throw unavailable(address, explain_status(address, answer.status));
    }
    std::optional<RemoteAddress> named;
    try {
        named = parse_remote_address(
            parse_json(answer.body).at("webSocketDebuggerUrl").get<std::string>());
    } catch (const std::exception&) {
        named.reset();
    }
    if (!named) {
        throw unavailable(address, "answered " + std::string(version_path) +
                                       " with something else than what a browser says there; give "
                                       "the address of a Chromium that runs with "
                                       "--remote-debugging-port.");
    }
    RemoteAddress found = address;
    found.kind = RemoteAddress::Kind::websocket;
    found.url.path = named->url.path;
    if (named->url.has_query) {
        found.url.query = named->url.query;
        found.url.has_query = true;
    }
    return found;
}

Connect reach_browser(RemoteAddress address, net::Lookup lookup) {
    return [address = std::move(address), lookup = std::move(lookup)](const std::stop_token& over) {
        const RemoteAddress target = find_websocket(address, lookup, over);
        std::vector<net::IpAddress> hosts;
        try {
            net::Resolver resolver(lookup);
            hosts = resolver.resolve(target.url.host, over,
                                     std::chrono::steady_clock::now() + lookup_time);
        } catch (const Error& error) {
            throw unavailable(address, "cannot be reached: " + error.message());
        }
        return open_websocket(target, hosts, {}, over);
    };
}

}  // namespace rag::browser
