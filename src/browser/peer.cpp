#include "browser/peer.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string>

namespace rag::browser {
namespace {

/// The kernel prints an address as the number that its bytes are in memory.
std::uint32_t loopback_number() {
    return htonl(INADDR_LOOPBACK);
}

std::uint16_t port_of(const sockaddr_in& address) {
    return ntohs(address.sin_port);
}

}  // namespace

std::optional<uid_t> owner_of_connection(std::istream& list, std::uint16_t from_port,
                                         std::uint16_t to_port) {
    std::string line;
    std::getline(list, line);  // The heading.
    while (std::getline(list, line)) {
        std::uint32_t local = 0;
        std::uint32_t remote = 0;
        unsigned local_port = 0;
        unsigned remote_port = 0;
        unsigned owner = 0;
        const int read = std::sscanf(
            line.c_str(), " %*d: %" SCNx32 ":%x %" SCNx32 ":%x %*x %*x:%*x %*x:%*x %*x %u", &local,
            &local_port, &remote, &remote_port, &owner);
        if (read == 5 && local == loopback_number() && remote == loopback_number() &&
            local_port == from_port && remote_port == to_port) {
            return owner;
        }
    }
    return std::nullopt;
}

bool is_of_this_user(int socket) {
    sockaddr_in there{};
    sockaddr_in here{};
    socklen_t there_size = sizeof there;
    socklen_t here_size = sizeof here;
    if (getpeername(socket, reinterpret_cast<sockaddr*>(&there), &there_size) != 0 ||
        getsockname(socket, reinterpret_cast<sockaddr*>(&here), &here_size) != 0) {
        return false;
    }
    std::ifstream list("/proc/net/tcp");
    return owner_of_connection(list, port_of(there), port_of(here)) == geteuid();
}

}  // namespace rag::browser
