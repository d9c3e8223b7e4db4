#include "base/loopback.hpp"

#include "base/ascii.hpp"

#include <string>

namespace rag {

bool is_loopback(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    const std::string low = ascii_lower(host);
    if (low == "localhost" || low == "::1") {
        return true;
    }
    return low.starts_with("127.") && low.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace rag
