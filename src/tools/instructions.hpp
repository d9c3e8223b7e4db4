#pragma once

#include <string>

namespace rag::tools {

/// What the server tells a client at the handshake: when to search, when to ingest, how to avoid
/// duplicates. Under 1 500 characters.
std::string server_instructions();

}  // namespace rag::tools
