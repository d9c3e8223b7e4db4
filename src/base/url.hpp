#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rag {

/// An absolute http or https URL in normal form (RFC 3986, section 6.2): scheme and host in lower
/// case, no default port, no fragment, no user information, dot segments removed, an empty path
/// written as "/", percent-encoding in upper case and only where it is needed.
struct Url {
    std::string scheme;      ///< "http" or "https"
    std::string host;        ///< Lower case; an IPv6 address without its brackets.
    std::uint16_t port = 0;  ///< The scheme's default when none is written.
    std::string path;        ///< Begins with '/'.
    std::string query;       ///< Without '?'.
    bool has_query = false;

    std::string text() const;       ///< The whole URL.
    std::string target() const;     ///< Path and query, as a request line has it.
    std::string authority() const;  ///< host[:port], the port only where it is not the default.
    std::string origin() const;     ///< scheme://authority

    bool operator==(const Url&) const = default;
};

/// Null for anything but an absolute http(s) URL with a host.
std::optional<Url> parse_url(std::string_view text);

/// `reference` (relative or absolute) as seen from `base`, by RFC 3986, section 5. Null when the
/// result is no http(s) URL.
std::optional<Url> resolve_url(const Url& base, std::string_view reference);

}  // namespace rag
