#pragma once

#include <sys/types.h>

#include <cstdint>
#include <istream>
#include <optional>

namespace rag::browser {

/// Whose socket the other end of a connection over 127.0.0.1 is, as /proc/net/tcp (proc(5)) lists
/// it: the one bound to `from_port` and connected to `to_port`. Null where the list has none.
std::optional<uid_t> owner_of_connection(std::istream& list, std::uint16_t from_port,
                                         std::uint16_t to_port);

/// Whether the accepted socket leads to a process of this process's own user. Ports on loopback
/// are open to every user of the machine.
bool is_of_this_user(int socket);

}  // namespace rag::browser
