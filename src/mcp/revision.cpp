#include "mcp/revision.hpp"

#include <array>
#include <utility>

namespace rag::mcp {
namespace {

constexpr std::array<std::pair<Revision, std::string_view>, 5> names{{
    {Revision::v2024_11_05, "2024-11-05"},
    {Revision::v2025_03_26, "2025-03-26"},
    {Revision::v2025_06_18, "2025-06-18"},
    {Revision::v2025_11_25, "2025-11-25"},
    {Revision::v2026_07_28, "2026-07-28"},
}};

}  // namespace

std::string_view to_string(Revision revision) {
    return names[static_cast<std::size_t>(revision)].second;
}

std::optional<Revision> parse_revision(std::string_view text) {
    for (const auto& [revision, name] : names) {
        if (name == text) {
            return revision;
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> modern_revisions() {
    std::vector<std::string_view> modern;
    for (const auto& [revision, name] : names) {
        if (era_of(revision) == Era::modern) {
            modern.push_back(name);
        }
    }
    return modern;
}

Revision negotiate(std::string_view requested) {
    const std::optional<Revision> known = parse_revision(requested);
    return known && era_of(*known) == Era::legacy ? *known : latest_legacy;
}

}  // namespace rag::mcp
