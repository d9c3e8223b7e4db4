#include "net/address_guard.hpp"

#include <doctest/doctest.h>

using namespace rag::net;

TEST_CASE("address guard: every range that is not public is refused") {
    for (const char* text : {"0.0.0.0",
                             "0.1.2.3",
                             "10.0.0.1",
                             "100.64.0.1",
                             "100.127.255.255",
                             "127.0.0.1",
                             "127.8.9.1",
                             "169.254.169.254",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.0.0.1",
                             "192.0.2.1",
                             "192.88.99.1",
                             "192.168.1.1",
                             "198.18.0.1",
                             "198.19.255.255",
                             "198.51.100.1",
                             "203.0.113.1",
                             "224.0.0.1",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::ffff:10.0.0.1",
                             "::ffff:127.0.0.1",
                             "::127.0.0.1",
                             "64:ff9b::127.0.0.1",
                             "64:ff9b:1::1",
                             "2002:7f00:1::",
                             "2002:808:808::",
                             "2001:0:4136::1",
                             "2001:2::1",
                             "2001:db8::1",
                             "fc00::1",
                             "fd12::1",
                             "fe80::1",
                             "fec0::1",
                             "ff02::1",
                             "100::1",
                             "3fff::1",
                             "5f00::1"}) {
        CAPTURE(text);
        const auto address = parse_address(text);
        REQUIRE(address.has_value());
        CHECK_FALSE(why_not_public(*address).empty());
    }
}

TEST_CASE("address guard: public addresses pass, also at the edges of ranges") {
    for (const char* text :
         {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
          "126.255.255.255", "128.0.0.0", "172.15.255.255", "172.32.0.0", "198.17.255.255",
          "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
          "64:ff9b::8.8.8.8", "2001:4860:4860::8888"}) {
        CAPTURE(text);
        const auto address = parse_address(text);
        REQUIRE(address.has_value());
        CHECK(why_not_public(*address) == "");
    }
}

TEST_CASE("address guard: names of the local network and odd spellings are refused") {
    for (const char* host :
         {"localhost", "a.localhost", "localhost.", "printer.local", "metadata.google.internal",
          "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "1.2.3.4.", "0x7f000001", "a.1"}) {
        CAPTURE(host);
        CHECK_FALSE(why_not_a_public_name(host).empty());
    }
    for (const char* host : {"example.com", "localhost.example.com", "8.8.8.8", "2a00::1",
                             "internal.example", "mylocal", "0xface.example"}) {
        CAPTURE(host);
        CHECK(why_not_a_public_name(host) == "");
    }
}
