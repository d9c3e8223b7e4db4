#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/json_forms.hpp"

#include <fmt/format.h>

#include <memory>

namespace rag::cli {
namespace {

std::string describe_collections(const Json& result) {
    const Json& collections = result.at("result");
    if (collections.empty()) {
        return "No collections yet. Make one: rag collection create NAME \"what it is for\"\n";
    }
    std::vector<std::vector<std::string>> rows{{"NAME", "DOCUMENTS", "CHUNKS", "DESCRIPTION"}};
    for (const Json& collection : collections) {
        rows.push_back({collection.at("name"), collection.at("document_count").dump(),
                        collection.at("chunk_count").dump(), collection.at("description")});
    }
    return format_table(rows);
}

std::string describe_info(const Json& info) {
    std::string text = fmt::format(
        "{}: {}\n{} documents, {} chunks, {}; model {} ({} dimensions); created {}\n",
        info.at("name").get<std::string>(), info.at("description").get<std::string>(),
        info.at("document_count").get<std::int64_t>(), info.at("chunk_count").get<std::int64_t>(),
        format_bytes(info.at("size_bytes").get<std::int64_t>()),
        info.at("embedding_model").get<std::string>(), info.at("dimensions").get<int>(),
        info.at("created_at").get<std::string>());
    for (const Json& name : info.at("sample_documents")) {
        text += "  " + name.get<std::string>() + '\n';
    }
    for (const Json& site : info.at("crawled_urls")) {
        text += fmt::format("  {} ({} pages, {})\n", site.at("url").get<std::string>(),
                            site.at("page_count").get<std::int64_t>(),
                            site.at("timestamp").get<std::string>());
    }
    return text;
}

}  // namespace

void add_collection_commands(Command root, Session& session) {
    Command group = root.add_subcommand("collection", "Create, list, inspect, delete collections");
    group.require_subcommand();
    auto name = std::make_shared<std::string>();
    auto description = std::make_shared<std::string>();

    Command create = group.add_subcommand("create", "Make a collection");
    create.add_option("name", *name, "Its name").required();
    create.add_option("description", *description, "What it is for").required();
    create.callback([&session, name, description] {
        const Json result = memory::created_collection_form(
            session.memory().create_collection(session.context(), {*name, *description}));
        session.print(result, [&](const Json&) { return "Created '" + *name + "'.\n"; });
    });

    Command list = group.add_subcommand("list", "List all collections");
    list.callback([&session] {
        session.print(
            memory::collections_form(session.memory().list_collections(session.context())),
            describe_collections);
    });

    Command info = group.add_subcommand("info", "Show one collection");
    info.add_option("name", *name).required();
    info.callback([&session, name] {
        session.print(memory::collection_info_form(
                          session.memory().get_collection_info(session.context(), *name)),
                      describe_info);
    });

    Command describe = group.add_subcommand("describe", "Change a collection's description");
    describe.add_option("name", *name).required();
    describe.add_option("description", *description).required();
    describe.callback([&session, name, description] {
        const Json result =
            memory::updated_collection_form(session.memory().update_collection_description(
                session.context(), {*name, *description}));
        session.print(result, [&](const Json&) { return "Described '" + *name + "' anew.\n"; });
    });

    Command remove = group.add_subcommand("delete", "Delete a collection with its documents");
    auto sure = std::make_shared<bool>(false);
    remove.add_option("name", *name).required();
    remove.add_flag("--yes", *sure, "Really delete");
    remove.callback([&session, name, sure] {
        if (!*sure) {
            throw UsageError("deleting '" + *name + "' cannot be undone; say --yes to do it.");
        }
        const DeletedCollection deleted =
            session.memory().delete_collection(session.context(), *name);
        session.print(memory::deleted_collection_form(*name, deleted), [&](const Json&) {
            return fmt::format("Deleted '{}': {} documents, {} chunks.\n", *name,
                               deleted.documents_deleted, deleted.chunks_deleted);
        });
    });
}

}  // namespace rag::cli
