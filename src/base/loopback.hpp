#pragma once

#include <string_view>

namespace rag {

/// Whether the address names this machine alone: 127.0.0.0/8, ::1 (also in brackets), localhost.
bool is_loopback(std::string_view host);

}  // namespace rag
