#include "base/url.hpp"

#include <boost/url.hpp>

#include <algorithm>
#include <exception>

namespace rag {
namespace {

namespace urls = boost::urls;

std::uint16_t default_port(std::string_view scheme) {
    return scheme == "https" ? std::uint16_t{443} : std::uint16_t{80};
}

/// Characters that stand raw in hand-written links and that browsers encode for the author.
std::string encode_stray_characters(std::string_view text) {
    constexpr std::string_view stray = " \"<>\\^`{|}";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7F || stray.find(c) != std::string_view::npos) {
            out.push_back('%');
            out.push_back(digits[byte >> 4]);
            out.push_back(digits[byte & 0x0F]);
        } else {
            out.push_back(c);
        }
    }
    return out;
}

std::optional<Url> from_boost(urls::url url) {
    url.normalize();
    const std::string scheme(url.scheme());
    if ((scheme != "http" && scheme != "https") || url.host().empty()) {
        return std::nullopt;
    }
    Url result;
    result.scheme = scheme;
    result.host = url.host_type() == urls::host_type::ipv6 ? std::string(url.host_address())
                                                           : std::string(url.host());
    std::transform(result.host.begin(), result.host.end(), result.host.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const bool has_port = url.has_port() && !url.port().empty();
    if (has_port && url.port_number() == 0) {
        return std::nullopt;
    }
    result.port = has_port ? url.port_number() : default_port(scheme);
    result.path = url.encoded_path().empty() ? "/" : std::string(url.encoded_path());
    result.has_query = url.has_query();
    result.query = std::string(url.encoded_query());
    return result;
}

}  // namespace

std::string Url::text() const {
    return origin() + target();
}

std::string Url::target() const {
    return has_query ? path + '?' + query : path;
}

std::string Url::authority() const {
    const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
    return port == default_port(scheme) ? name : name + ':' + std::to_string(port);
}

std::string Url::origin() const {
    return scheme + "://" + authority();
}

std::optional<Url> parse_url(std::string_view text) {
    // The result views the text that was parsed.
    const std::string encoded = encode_stray_characters(text);
    const auto parsed = urls::parse_uri(encoded);
    if (!parsed) {
        return std::nullopt;
    }
    try {
        return from_boost(urls::url(*parsed));
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

std::optional<Url> resolve_url(const Url& base, std::string_view reference) {
    const std::string encoded = encode_stray_characters(reference);
    const auto parsed = urls::parse_uri_reference(encoded);
    if (!parsed) {
        return std::nullopt;
    }
    try {
        urls::url resolved;
        const urls::url base_url(base.text());
        if (!urls::resolve(base_url, *parsed, resolved)) {
            return std::nullopt;
        }
        return from_boost(std::move(resolved));
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

}  // namespace rag
