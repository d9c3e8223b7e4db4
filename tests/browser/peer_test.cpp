#include "browser/peer.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace rag::browser;

TEST_CASE("peer: a connection's owner is the one who holds its other end") {
    // 127.0.0.1:40000 -> 127.0.0.1:8080 of user 1000, the way back of user 0, and one elsewhere.
    const std::string list =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "   0: 0100007F:9C40 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        "
        "0 "
        "111 1 0000000000000000 20 4 30 10 -1\n"
        "   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "112 1 0000000000000000 20 4 30 10 -1\n"
        "   2: 0100007F:9C41 0200007F:1F90 01 00000000:00000000 00:00000000 00000000     7        "
        "0 "
        "113 1 0000000000000000 20 4 30 10 -1\n"
        "nonsense\n";
    const auto owner = [&](std::uint16_t from, std::uint16_t to) {
        std::istringstream text(list);
        return owner_of_connection(text, from, to);
    };
    CHECK(owner(40000, 8080) == uid_t{1000});
    CHECK(owner(8080, 40000) == uid_t{0});
    CHECK_FALSE(owner(40001, 8080).has_value());
    CHECK_FALSE(owner(1, 2).has_value());
}
