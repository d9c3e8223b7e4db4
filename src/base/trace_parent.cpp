#include "base/trace_parent.hpp"

#include <algorithm>

namespace rag {
namespace {

// version "-" trace-id "-" parent-id "-" trace-flags
constexpr std::size_t trace_at = 3;
constexpr std::size_t trace_digits = 32;
constexpr std::size_t span_at = trace_at + trace_digits + 1;
constexpr std::size_t span_digits = 16;
constexpr std::size_t flags_at = span_at + span_digits + 1;
constexpr std::size_t length_00 = flags_at + 2;

bool is_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_id(std::string_view text) {
    return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

std::optional<TraceParent> parse_trace_parent(std::string_view text) {
    if (text.size() < length_00 || text[2] != '-' || text[span_at - 1] != '-' ||
        text[flags_at - 1] != '-') {
        return std::nullopt;
    }
    const std::string_view version = text.substr(0, 2);
    const bool ends_right = version == "00" ? text.size() == length_00
                                            : text.size() == length_00 || text[length_00] == '-';
    const std::string_view trace = text.substr(trace_at, trace_digits);
    const std::string_view span = text.substr(span_at, span_digits);
    const std::string_view flags = text.substr(flags_at, 2);
    if (!is_hex(version) || version == "ff" || !ends_right || !is_id(trace) || !is_id(span) ||
        !is_hex(flags)) {
        return std::nullopt;
    }
    return TraceParent{std::string(trace), std::string(span), std::string(flags)};
}

}  // namespace rag
