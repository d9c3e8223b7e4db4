#pragma once

#include "cli/command_line.hpp"

#include <string>

namespace rag::cli {

class Session;

/// What all kinds of ingest share.
struct IngestOptions {
    std::string collection;
    std::string metadata;
    bool create = false;
};

/// `options` must live as long as the command.
void add_shared_options(Command command, IngestOptions& options);

/// Makes the collection that is not there when that was asked for.
void create_when_asked(Session& session, const IngestOptions& options);

}  // namespace rag::cli
