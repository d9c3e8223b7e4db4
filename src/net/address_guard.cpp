#include "net/address_guard.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>

namespace rag::net {
namespace {

struct Range {
    std::array<std::uint8_t, 16> prefix;
    int bits;
    std::string_view sentence;
};

constexpr std::string_view private_network = "an address of a private network";
constexpr std::string_view reserved = "a reserved address";
constexpr std::string_view documentation = "an address for documentation";
constexpr std::string_view tunnel = "an address of a translation or tunnel";

/// https://www.iana.org/assignments/iana-ipv4-special-registry
constexpr std::array<Range, 16> v4_ranges{{
    {{0}, 8, "an address of this network"},
    {{10}, 8, private_network},
    {{100, 64}, 10, "a carrier's shared address"},
    {{127}, 8, "a loopback address"},
    {{169, 254}, 16, "a link-local address"},
    {{172, 16}, 12, private_network},
    {{192, 0, 0}, 24, reserved},
    {{192, 0, 2}, 24, documentation},
    {{192, 31, 196}, 24, reserved},
    {{192, 52, 193}, 24, reserved},
    {{192, 88, 99}, 24, tunnel},
    {{192, 168}, 16, private_network},
    {{198, 18}, 15, "an address for benchmarks"},
    {{198, 51, 100}, 24, documentation},
    {{203, 0, 113}, 24, documentation},
    {{224}, 3, "a multicast or reserved address"},
}};

/// https://www.iana.org/assignments/iana-ipv6-special-registry; what is outside 2000::/3 is
/// refused as a whole, after the forms that carry an IPv4 address.
constexpr std::array<Range, 7> v6_ranges{{
    {{0x20, 0x01, 0x00}, 23, reserved},  // Teredo 2001::/32, benchmarking 2001:2::/48, ORCHID
    {{0x20, 0x01, 0x0D, 0xB8}, 32, documentation},
    {{0x20, 0x02}, 16, tunnel},
    {{0x26, 0x20, 0x00, 0x4F, 0x80, 0x00}, 48, reserved},
    {{0x3F, 0xFE}, 16, reserved},
    {{0x3F, 0xFF}, 20, documentation},
    {{0x5F, 0x00}, 16, reserved},
}};

bool is_in(const std::array<std::uint8_t, 16>& bytes, const Range& range) {
    const auto whole = static_cast<std::size_t>(range.bits / 8);
    const int rest = range.bits % 8;
    if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    range.prefix.begin())) {
        return false;
    }
    return rest == 0 || (bytes[whole] >> (8 - rest)) == (range.prefix[whole] >> (8 - rest));
}

template <std::size_t N>
std::string_view first_range(const std::array<std::uint8_t, 16>& bytes,
                             const std::array<Range, N>& ranges) {
    for (const Range& range : ranges) {
        if (is_in(bytes, range)) {
            return range.sentence;
        }
    }
    return {};
}

std::string_view why_not_public_v6(const IpAddress& address) {
    constexpr Range mapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, {}};
    constexpr Range nat64{{0x00, 0x64, 0xFF, 0x9B}, 96, {}};
    constexpr Range unique_local{{0xFC}, 7, {}};
    constexpr Range link_local{{0xFE, 0x80}, 10, {}};
    constexpr Range multicast{{0xFF}, 8, {}};
    constexpr Range global{{0x20}, 3, {}};
    if (is_in(address.bytes, mapped) || is_in(address.bytes, nat64)) {
        IpAddress inner;
        std::copy(address.bytes.begin() + 12, address.bytes.end(), inner.bytes.begin());
        return why_not_public(inner);
    }
    constexpr std::array<std::uint8_t, 16> loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    if (address.bytes == loopback) {
        return "a loopback address";
    }
    if (is_in(address.bytes, unique_local)) {
        return private_network;
    }
    if (is_in(address.bytes, link_local)) {
        return "a link-local address";
    }
    if (is_in(address.bytes, multicast)) {
        return "a multicast address";
    }
    return is_in(address.bytes, global) ? first_range(address.bytes, v6_ranges) : reserved;
}

bool ends_in_number(std::string_view host) {
    const std::size_t dot = host.rfind('.');
    std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
    if (last.starts_with("0x")) {
        last.remove_prefix(2);
        return last.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    }
    return !last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> out{};
    const char* written = inet_ntop(is_v6 ? AF_INET6 : AF_INET, bytes.data(), out.data(),
                                    static_cast<socklen_t>(out.size()));
    return written == nullptr ? std::string{} : std::string(written);
}

std::optional<IpAddress> parse_address(std::string_view text) {
    const std::string copy(text);
    IpAddress address;
    if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) {
        return address;
    }
    address.is_v6 = true;
    if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) {
        return address;
    }
    return std::nullopt;
}

std::string_view why_not_public(const IpAddress& address) {
    return address.is_v6 ? why_not_public_v6(address) : first_range(address.bytes, v4_ranges);
}

std::string_view why_not_a_public_name(std::string_view host) {
    if (parse_address(host)) {
        return {};
    }
    if (host.ends_with('.')) {
        host.remove_suffix(1);
    }
    if (ends_in_number(host) || host.find(':') != std::string_view::npos) {
        return "an unusual spelling of an address";
    }
    for (const std::string_view name :
         {"localhost", "local", "internal", "localdomain", "home.arpa"}) {
        if (host == name || (host.ends_with(name) && host.size() > name.size() &&
                             host[host.size() - name.size() - 1] == '.')) {
            return "a name of this machine or its network";
        }
    }
    return {};
}

}  // namespace rag::net
