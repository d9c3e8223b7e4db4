#include "base/url.hpp"

#include "base/ascii.hpp"

#include <unicode/uidna.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>

namespace rag {
namespace {

constexpr std::size_t url_bytes_max = 8192;

std::uint16_t default_port(std::string_view scheme) {
    return scheme == "https" ? std::uint16_t{443} : std::uint16_t{80};
}

bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_unreserved(char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
    if (is_digit(c)) {
        return c - '0';
    }
    const char small = ascii_lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

void append_encoded(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 0x0F]);
}

/// Path or query in normal form: what is unreserved stands raw, escapes are upper case, and what
/// hand-written links leave raw (spaces, quotes, UTF-8) is encoded as browsers do.
std::string normal_escapes(std::string_view text) {
    constexpr std::string_view raw = "!$&'()*+,;=:@/?[]";
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            const auto decoded =
                static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            if (is_unreserved(decoded)) {
                out.push_back(decoded);
            } else {
                append_encoded(out, decoded);
            }
            i += 2;
        } else if (is_unreserved(c) || raw.find(c) != std::string_view::npos) {
            out.push_back(c);
        } else {
            append_encoded(out, c);
        }
    }
    return out;
}

/// RFC 3986, section 5.2.4, for a path that begins with '/'.
std::string without_dot_segments(std::string_view path) {
    std::string out;
    std::size_t at = 0;
    while (at < path.size()) {
        const std::size_t end = std::min(path.find('/', at + 1), path.size());
        const std::string_view segment = path.substr(at + 1, end - at - 1);
        const bool last = end == path.size();
        if (segment == "..") {
            out.resize(out.empty() ? 0 : out.rfind('/'));
        } else if (segment != ".") {
            out.append(path.substr(at, end - at));
        }
        if (last && (segment == ".." || segment == ".")) {
            out.push_back('/');
        }
        at = end;
    }
    return out.empty() ? "/" : out;
}

/// A reference in its parts (RFC 3986, appendix B), still as written.
struct Parts {
    std::optional<std::string_view> scheme;
    std::optional<std::string_view> authority;
    std::string_view path;
    std::optional<std::string_view> query;
};

Parts split(std::string_view text) {
    Parts parts;
    text = text.substr(0, text.find('#'));
    if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
        parts.query = text.substr(mark + 1);
        text = text.substr(0, mark);
    }
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && colon > 0 && is_alpha(text.front()) &&
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
            return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
        })) {
        parts.scheme = text.substr(0, colon);
        text = text.substr(colon + 1);
    }
    if (text.starts_with("//")) {
        const std::size_t end = std::min(text.find('/', 2), text.size());
        parts.authority = text.substr(2, end - 2);
        text = text.substr(end);
    }
    parts.path = text;
    return parts;
}

/// The name in ASCII (UTS 46); null for one that cannot be.
std::optional<std::string> ascii_host(std::string_view host) {
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<UIDNA, decltype(&uidna_close)> idna(
        uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI, &status), &uidna_close);
    if (U_FAILURE(status)) {
        return std::nullopt;
    }
    std::array<char, 256> out{};
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    const std::int32_t size =
        uidna_nameToASCII_UTF8(idna.get(), host.data(), static_cast<std::int32_t>(host.size()),
                               out.data(), static_cast<std::int32_t>(out.size()), &info, &status);
    if (U_FAILURE(status) || info.errors != 0 || size <= 0) {
        return std::nullopt;
    }
    return std::string(out.data(), static_cast<std::size_t>(size));
}

std::optional<std::string> normal_host(std::string_view host) {
    constexpr std::size_t host_bytes_max = 253;
    if (host.empty() || host.size() > host_bytes_max) {
        return std::nullopt;
    }
    std::string name(host);
    if (std::any_of(host.begin(), host.end(), [](char c) { return (c & 0x80) != 0; })) {
        auto ascii = ascii_host(host);
        if (!ascii) {
            return std::nullopt;
        }
        name = std::move(*ascii);
    }
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return ascii_lower(c); });
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
    });
    return plain ? std::optional(name) : std::nullopt;
}

/// What stands between the brackets; whether it is an address is for the resolver to say.
std::optional<std::string> normal_ipv6(std::string_view address) {
    constexpr std::size_t address_bytes_max = 45;
    const bool plain = std::all_of(address.begin(), address.end(), [](char c) {
        return hex_value(c) >= 0 || c == ':' || c == '.';
    });
    if (!plain || address.size() > address_bytes_max ||
        std::count(address.begin(), address.end(), ':') < 2) {
        return std::nullopt;
    }
    std::string out(address);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return ascii_lower(c); });
    return out;
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    constexpr int port_max = 65535;
    int port = 0;
    for (const char c : digits) {
        port = is_digit(c) ? port * 10 + (c - '0') : port_max + 1;
        if (port > port_max) {
            return std::nullopt;
        }
    }
    return port == 0 ? std::nullopt : std::optional(static_cast<std::uint16_t>(port));
}

bool read_authority(std::string_view authority, Url& url) {
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        // Browsers read a backslash as the end of the host; two readings of one URL are refused.
        if (authority.substr(0, at).find('\\') != std::string_view::npos) {
            return false;
        }
        authority.remove_prefix(at + 1);
    }
    std::optional<std::string> host;
    std::string_view rest;
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) {
            return false;
        }
        host = normal_ipv6(authority.substr(1, end - 1));
        rest = authority.substr(end + 1);
    } else {
        const std::size_t colon = std::min(authority.find(':'), authority.size());
        host = normal_host(authority.substr(0, colon));
        rest = authority.substr(colon);
    }
    if (!host || (!rest.empty() && rest.front() != ':')) {
        return false;
    }
    url.host = std::move(*host);
    url.port = default_port(url.scheme);
    if (rest.size() > 1) {
        const auto port = parse_port(rest.substr(1));
        url.port = port.value_or(std::uint16_t{0});
        return port.has_value();
    }
    return true;
}

/// Without white space at the ends and without line ends and tabs inside, which browsers drop too.
std::string tidied(std::string_view text) {
    const auto is_space = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
    while (!text.empty() && is_space(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_space(text.back())) {
        text.remove_suffix(1);
    }
    std::string out;
    std::copy_if(text.begin(), text.end(), std::back_inserter(out),
                 [](char c) { return c != '\t' && c != '\r' && c != '\n'; });
    return out;
}

std::optional<Url> absolute(const Parts& parts) {
    Url url;
    url.scheme = std::string(*parts.scheme);
    std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(),
                   [](char c) { return ascii_lower(c); });
    if ((url.scheme != "http" && url.scheme != "https") || !parts.authority ||
        !read_authority(*parts.authority, url)) {
        return std::nullopt;
    }
    url.path = without_dot_segments(normal_escapes(parts.path));
    url.has_query = parts.query.has_value();
    url.query = normal_escapes(parts.query.value_or(std::string_view{}));
    return url;
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
    if (text.size() > url_bytes_max) {
        return std::nullopt;
    }
    const std::string tidy = tidied(text);
    const Parts parts = split(tidy);
    return parts.scheme ? absolute(parts) : std::nullopt;
}

std::optional<Url> resolve_url(const Url& base, std::string_view reference) {
    if (reference.size() > url_bytes_max) {
        return std::nullopt;
    }
    const std::string tidy = tidied(reference);
    Parts parts = split(tidy);
    if (parts.scheme) {
        return absolute(parts);
    }
    if (parts.authority) {
        parts.scheme = base.scheme;
        return absolute(parts);
    }
    Url url = base;
    if (!parts.path.empty()) {
        const std::string path =
            parts.path.starts_with('/')
                ? std::string(parts.path)
                : base.path.substr(0, base.path.rfind('/') + 1) + std::string(parts.path);
        url.path = without_dot_segments(normal_escapes(path));
    }
    if (!parts.path.empty() || parts.query) {
        url.has_query = parts.query.has_value();
        url.query = normal_escapes(parts.query.value_or(std::string_view{}));
    }
    return url;
}

}  // namespace rag
