#pragma once

#include "config.hpp"

#include <string>

namespace rag {

/// What signs sessions and the state of unfinished calls: RAG_SECRET, else made from the Postgres
/// address (so that all servers on one database agree), else kept in a file of mode 0600 in the
/// data folder. Where that cannot be written: one for this process, with a line in the log.
std::string find_signing_secret(const Config& config);

}  // namespace rag
