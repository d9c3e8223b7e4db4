#pragma once

#include <string>
#include <string_view>

namespace rag::net {

/// "HTTP/1.1 304 Not Modified" to "304"; empty for what does not begin with a status line.
std::string_view status_in(std::string_view header);

/// The header section, up to and with its empty line, so that no body is waited for where the
/// status says that there is none. Others come back as they are.
std::string without_false_framing(const std::string& header);

}  // namespace rag::net
