#include "cli/ingest_options.hpp"

#include "cli/session.hpp"
#include "rag/error.hpp"

namespace rag::cli {

void add_shared_options(Command command, IngestOptions& options) {
    command.add_option("-c,--collection", options.collection, "Collection to add to").required();
    command.add_option("--metadata", options.metadata, "JSON object kept with every document");
    command.add_flag("--create", options.create, "Make the collection when it is not there");
}

void create_when_asked(Session& session, const IngestOptions& options) {
    if (!options.create) {
        return;
    }
    try {
        session.memory().create_collection(session.context(),
                                           {options.collection, "Made by the command line"});
    } catch (const Error& error) {
        if (error.code() != ErrorCode::conflict) {
            throw;
        }
    }
}

}  // namespace rag::cli
