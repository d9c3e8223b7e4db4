#include "base/version.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

namespace rag::cli {
namespace {

Json status_form(const StoreStatus& status, const Embedder& embedder) {
    return {{"version", version},
            {"store", status.kind},
            {"address", status.address},
            {"database_version", status.version},
            {"schema_version", status.schema_version},
            {"collections", status.collection_count},
            {"documents", status.document_count},
            {"chunks", status.chunk_count},
            {"size_bytes", status.size_bytes},
            {"embedding_model", embedder.space().model},
            {"dimensions", embedder.space().dimensions},
            {"notes", status.notes}};
}

std::string describe_status(const Json& status) {
    std::string text = fmt::format(
        "rag {}\nstore       {} ({}) at {}, schema {}\nholds       {} collections, {} documents, "
        "{} "
        "chunks, {}\nembeddings  {}, {} dimensions\n",
        status.at("version").get<std::string>(), status.at("store").get<std::string>(),
        status.at("database_version").get<std::string>(), status.at("address").get<std::string>(),
        status.at("schema_version").get<std::int64_t>(),
        status.at("collections").get<std::int64_t>(), status.at("documents").get<std::int64_t>(),
        status.at("chunks").get<std::int64_t>(),
        format_bytes(status.at("size_bytes").get<std::int64_t>()),
        status.at("embedding_model").get<std::string>(), status.at("dimensions").get<int>());
    for (const Json& note : status.at("notes")) {
        text += "note        " + note.get<std::string>() + '\n';
    }
    return text;
}

}  // namespace

void add_store_commands(CLI::App& root, Session& session) {
    root.add_subcommand("status", "Show what the memory holds and where")->callback([&session] {
        Application& application = session.application();
        session.print(
            status_form(application.store().status(session.context()), application.embedder()),
            describe_status);
    });
}

}  // namespace rag::cli
