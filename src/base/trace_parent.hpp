#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rag {

/// The caller's place in a distributed trace (W3C Trace Context, section 3.2: traceparent).
struct TraceParent {
    std::string trace_id;  ///< 32 hexadecimal digits in lower case, not all zeros.
    std::string span_id;   ///< 16 of them, not all zeros.
    std::string flags;     ///< 2 of them.

    /// As the header has it.
    std::string text() const { return "00-" + trace_id + '-' + span_id + '-' + flags; }
};

/// Null for what is no traceparent. Of versions after 00 the known fields are read and what follows
/// them is left (section 3.2.4).
std::optional<TraceParent> parse_trace_parent(std::string_view text);

}  // namespace rag
