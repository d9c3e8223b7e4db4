#pragma once

#include "base/json.hpp"

#include <optional>
#include <string_view>

namespace rag::mcp {

constexpr std::string_view tasks_extension = "io.modelcontextprotocol/tasks";

/// What a client can be asked for.
struct ClientCapabilities {
    bool sampling = false;
    bool roots = false;
    bool elicitation_form = false;  ///< Also meant by an empty `elicitation`.
    bool elicitation_url = false;
    bool tasks = false;

    bool operator==(const ClientCapabilities&) const = default;
};

/// Reads a ClientCapabilities object of any revision; what is not there or has another shape is not
/// declared.
ClientCapabilities read_client_capabilities(const Json& object);

/// The capability, in the shape of a ClientCapabilities object, that a request to the client needs
/// and that was not declared; null where nothing is missing. `request` is {"method", "params"}.
std::optional<Json> find_missing_capability(const ClientCapabilities& declared,
                                            const Json& request);

/// As one small number, for session ids.
unsigned to_bits(const ClientCapabilities& capabilities);
ClientCapabilities capabilities_from_bits(unsigned bits);

}  // namespace rag::mcp
