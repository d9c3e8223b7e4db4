#pragma once

#include "rag/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rag {

/// ISO 8601 in UTC with milliseconds: "2026-03-01T12:00:00.000Z".
std::string to_iso8601(Timestamp time);

/// Reads what to_iso8601 writes; the fraction may have any number of digits or be absent.
std::optional<Timestamp> from_iso8601(std::string_view text);

}  // namespace rag
