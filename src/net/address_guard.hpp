#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rag::net {

/// An IPv4 address stands in the first four bytes.
struct IpAddress {
    bool is_v6 = false;
    std::array<std::uint8_t, 16> bytes{};

    std::string text() const;
    bool operator==(const IpAddress&) const = default;
};

/// The dotted-quad and RFC 4291 forms alone; null for every other spelling.
std::optional<IpAddress> parse_address(std::string_view text);

/// What keeps the address from being public ("a loopback address"...); empty for a public one. By
/// the IANA special-purpose registries; addresses that carry an IPv4 address inside (mapped,
/// NAT64) count as what they carry, the obsolete tunnels (6to4, Teredo) never count as public.
std::string_view why_not_public(const IpAddress& address);

/// What keeps a host name from being looked up at all ("a name of this machine or its network", "an
/// unusual spelling of an address"); empty for an ordinary name or a plain address.
std::string_view why_not_a_public_name(std::string_view host);

}  // namespace rag::net
