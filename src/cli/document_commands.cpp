#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/json_forms.hpp"

#include <fmt/format.h>

#include <memory>

namespace rag::cli {
namespace {

std::string describe_documents(const Json& result) {
    std::vector<std::vector<std::string>> rows{{"ID", "NAME", "TYPE", "SIZE", "CHUNKS", "UPDATED"}};
    for (const Json& document : result.at("documents")) {
        rows.push_back({document.at("id").dump(), document.at("filename"), document.at("file_type"),
                        format_bytes(document.at("file_size").get<std::int64_t>()),
                        document.at("chunk_count").dump(), document.at("updated_at")});
    }
    return format_table(rows) + fmt::format("{} of {} documents\n",
                                            result.at("returned_count").get<std::int64_t>(),
                                            result.at("total_count").get<std::int64_t>());
}

std::string describe_document(const Json& document) {
    return fmt::format(
        "{} ({}, {}), version {} of {}\n{}\n\n{}\n", document.at("filename").get<std::string>(),
        document.at("file_type").get<std::string>(),
        format_bytes(document.at("file_size").get<std::int64_t>()),
        document.at("version").get<std::int64_t>(), document.at("versions").get<std::int64_t>(),
        dump_json(document.at("metadata")), document.at("content").get<std::string>());
}

std::string describe_versions(const Json& result) {
    return dump_json_pretty(result) + '\n';
}

void add_list_command(Command group, Session& session) {
    Command command = group.add_subcommand("list", "List documents, newest first");
    auto request = std::make_shared<memory::ListDocuments>();
    auto collection = std::make_shared<std::string>();
    auto filter = std::make_shared<std::string>();
    command.add_option("-c,--collection", *collection, "Only of this collection");
    command.add_option("-n,--limit", request->limit, "How many, at most 200");
    command.add_option("--offset", request->offset, "How many to leave out in front");
    command.add_option("--filter", *filter, "JSON object that the metadata must match");
    command.callback([&session, request, collection, filter] {
        if (!collection->empty()) {
            request->collection = *collection;
        }
        request->filter = parse_metadata_filter(read_object_option("--filter", *filter));
        session.print(
            memory::document_list_form(session.memory().list_documents(session.context(), *request),
                                       memory::DocumentFields::detailed),
            describe_documents);
    });
}

void add_show_command(Command group, Session& session) {
    Command command = group.add_subcommand("show", "Show a document with its text");
    auto request = std::make_shared<memory::GetDocument>();
    auto version = std::make_shared<std::int64_t>(0);
    command.add_option("id", request->document_id).required();
    command.add_option("--version", *version, "As it was in this version");
    command.add_flag("--chunks", request->include_chunks, "With its chunks");
    command.callback([&session, request, version] {
        if (*version > 0) {
            request->version = *version;
        }
        session.print(
            memory::document_form(session.memory().get_document(session.context(), *request)),
            describe_document);
    });
}

}  // namespace

void add_document_commands(Command root, Session& session) {
    Command group = root.add_subcommand("document", "List, show, change and delete documents");
    group.require_subcommand();
    add_list_command(group, session);
    add_show_command(group, session);

    auto id = std::make_shared<DocumentId>(0);
    Command remove = group.add_subcommand("delete", "Delete a document with its versions");
    remove.add_option("id", *id).required();
    remove.callback([&session, id] {
        const DeletedDocument deleted = session.memory().delete_document(session.context(), *id);
        session.print(memory::deleted_document_form(*id, deleted), [&](const Json&) {
            return fmt::format("Deleted '{}', {} chunks.\n", deleted.filename,
                               deleted.chunks_deleted);
        });
    });

    Command versions = group.add_subcommand("versions", "List a document's versions");
    versions.add_option("id", *id).required();
    versions.callback([&session, id] {
        session.print(memory::document_versions_form(
                          *id, session.memory().list_document_versions(session.context(), *id)),
                      describe_versions);
    });

    Command restore = group.add_subcommand("restore", "Make an old version the current one");
    auto version = std::make_shared<std::int64_t>(1);
    restore.add_option("id", *id).required();
    restore.add_option("version", *version).required();
    restore.callback([&session, id, version] {
        const Json result = memory::updated_document_form(
            session.memory().restore_document_version(session.context(), {*id, *version}));
        session.print(result, [&](const Json&) {
            return fmt::format("Document {} has the text of version {} again.\n", *id, *version);
        });
    });
}

}  // namespace rag::cli
