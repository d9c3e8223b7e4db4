#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace rag::mcp {

/// The protocol's revisions, oldest first; the order is meant to be compared.
enum class Revision { v2024_11_05, v2025_03_26, v2025_06_18, v2025_11_25, v2026_07_28 };

/// Legacy revisions open with an `initialize` handshake; modern ones carry everything in each
/// request.
enum class Era { legacy, modern };

constexpr Revision latest_legacy = Revision::v2025_11_25;
constexpr Revision latest_modern = Revision::v2026_07_28;
/// What a legacy HTTP request without a version header speaks (2025-06-18, basic/transports).
constexpr Revision unstated_legacy = Revision::v2025_03_26;

std::string_view to_string(Revision revision);
/// Null for a text that names no revision we know.
std::optional<Revision> parse_revision(std::string_view text);

constexpr Era era_of(Revision revision) {
    return revision >= Revision::v2026_07_28 ? Era::modern : Era::legacy;
}

/// Names of the modern revisions, as `supportedVersions` lists them.
std::vector<std::string_view> modern_revisions();

/// JSON-RPC batches came with 2025-03-26 and left with the next revision.
constexpr bool has_batches(Revision revision) {
    return revision == Revision::v2025_03_26;
}
constexpr bool has_progress_messages(Revision revision) {
    return revision >= Revision::v2025_03_26;
}
constexpr bool has_completions_capability(Revision revision) {
    return revision >= Revision::v2025_03_26;
}

/// What an `initialize` that asks for `requested` is answered with: the same revision if it is a
/// legacy one of ours, else our latest legacy one (2025-11-25, basic/lifecycle, version
/// negotiation).
Revision negotiate(std::string_view requested);

}  // namespace rag::mcp
