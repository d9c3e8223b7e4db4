#pragma once

#include "base/json.hpp"
#include "mcp/revision.hpp"

#include <chrono>
#include <string>

namespace rag::mcp {

/// Which of the lists may change while the server runs.
struct ChangingLists {
    bool tools = false;
    bool prompts = false;
    bool resources = true;
};

/// Who this server says it is.
struct ServerCard {
    std::string name = "rag-memory";
    std::string title = "RAG Memory";
    std::string version;
    std::string description;
    std::string website_url;
    std::string instructions;
    Json icons;  ///< An array, or null.
    ChangingLists changing;
    Json extensions;  ///< The modern revisions' extensions, by id, with settings; null: none.
};

/// The object that `initialize` and the modern `_meta` call serverInfo.
Json server_info(const ServerCard& card);
/// What the server offers a client of this revision.
Json server_capabilities(const ServerCard& card, Revision revision);

}  // namespace rag::mcp
