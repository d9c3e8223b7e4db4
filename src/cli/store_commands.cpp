#include "base/version.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>

#include <map>

namespace rag::cli {
namespace {

/// `server` is what a server says of itself, or null.
Json status_form(const StoreStatus& status, const Embedder& embedder, const Json& server) {
    return {{"server", server},
            {"version", version},
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

/// What the server's index is doing; `names` has the collections by id.
std::string describe_index(const Json& index, const std::map<CollectionId, std::string>& names) {
    const std::string state = index.at("state");
    std::string text = fmt::format(
        "{}{}, {} chunks, {} ({} in use by searches)",
        state == "cut_off" ? "cut off since " + index.at("cut_off_since").get<std::string>()
                           : state,
        index.at("from_snapshot").get<bool>() ? ", loaded from its snapshot" : "",
        index.at("chunks").get<std::int64_t>(),
        format_bytes(index.at("size_bytes").get<std::int64_t>()),
        format_bytes(index.at("working_bytes").get<std::int64_t>()));
    for (const Json& id : index.at("left_to_database")) {
        const auto name = names.find(id.get<CollectionId>());
        text +=
            fmt::format("\n            the database answers for {}",
                        name == names.end() ? "collection " + id.dump() : "'" + name->second + "'");
    }
    return text;
}

std::string describe_server(const Json& server, const std::map<CollectionId, std::string>& names) {
    if (server.is_null()) {
        return "server      none answers at the configured address\n";
    }
    std::string text = fmt::format("server      {}\n", server.value("status", "unknown"));
    const auto index = server.find("search_index");
    if (index != server.end() && index->is_object()) {
        text += "index       " + describe_index(*index, names) + '\n';
    } else {
        text += fmt::format("index       {}\n", server.value("index", "unknown"));
    }
    return text;
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

void add_store_commands(Command root, Session& session) {
    root.add_subcommand("status", "Show what the memory holds and where").callback([&session] {
        Application& application = session.application();
        const StoreStatus status = application.store().status(session.context());
        std::map<CollectionId, std::string> names;
        for (const Collection& collection : session.memory().list_collections(session.context())) {
            names.emplace(collection.id, collection.name);
        }
        session.print(status_form(status, application.embedder(), application.ask_server()),
                      [&](const Json& form) {
                          return describe_status(form) + describe_server(form.at("server"), names);
                      });
    });
}

}  // namespace rag::cli
