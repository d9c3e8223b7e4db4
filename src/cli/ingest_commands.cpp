#include "base/utf8.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/json_forms.hpp"
#include "rag/error.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <iostream>
#include <iterator>
#include <memory>

namespace rag::cli {
namespace {

/// What all kinds of ingest share.
struct IngestOptions {
    std::string collection;
    std::string metadata;
    bool create = false;
};

void add_shared_options(CLI::App& command, IngestOptions& options) {
    command.add_option("-c,--collection", options.collection, "Collection to add to")->required();
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

std::string describe_document(const Json& result) {
    return fmt::format("{}: document {}, {} chunks in '{}'\n",
                       result.at("status").get<std::string>(),
                       result.at("source_document_id").get<std::int64_t>(),
                       result.at("num_chunks").get<std::int64_t>(),
                       result.at("collection_name").get<std::string>());
}

std::string describe_directory(const Json& result) {
    std::string text = fmt::format(
        "{} files: {} ingested ({} unchanged, {} updated), {} failed; {} chunks in '{}'\n",
        result.at("files_found").get<std::int64_t>(),
        result.at("files_ingested").get<std::int64_t>(), result.value("files_unchanged", 0),
        result.value("files_updated", 0), result.at("files_failed").get<std::int64_t>(),
        result.at("total_chunks").get<std::int64_t>(),
        result.at("collection_name").get<std::string>());
    if (result.contains("files_removed")) {
        text += fmt::format("{} documents removed, their files are gone\n",
                            result["files_removed"].get<std::int64_t>());
    }
    for (const Json& failed : result.value("failed_files", Json::array())) {
        text += fmt::format("  {}: {}\n", failed.at("filename").get<std::string>(),
                            failed.at("error").get<std::string>());
    }
    return text;
}

std::string describe_crawl(const Json& result) {
    std::string text = fmt::format("{} pages fetched, {} ingested; {} chunks in '{}'\n",
                                   result.at("pages_crawled").get<std::int64_t>(),
                                   result.at("pages_ingested").get<std::int64_t>(),
                                   result.at("total_chunks").get<std::int64_t>(),
                                   result.at("collection_name").get<std::string>());
    for (const Json& failed : result.value("failed_pages", Json::array())) {
        text += fmt::format("  {}: {}\n", failed.at("url").get<std::string>(),
                            failed.at("error").get<std::string>());
    }
    return text;
}

void add_text_command(CLI::App& group, Session& session) {
    CLI::App* command = group.add_subcommand("text", "Take in a text (from standard input with -)");
    auto options = std::make_shared<IngestOptions>();
    auto request = std::make_shared<memory::IngestText>();
    auto replace = std::make_shared<bool>(false);
    command->add_option("text", request->content, "The text, or - for standard input")->required();
    command->add_option("--title", request->title, "Its title");
    command->add_flag("--replace", *replace, "Replace the text that has this title");
    add_shared_options(*command, *options);
    command->callback([&session, options, request, replace] {
        if (request->content == "-") {
            request->content.assign(std::istreambuf_iterator<char>(std::cin), {});
        }
        request->content = replace_invalid_utf8(request->content);
        request->collection = options->collection;
        request->metadata = read_object_option("--metadata", options->metadata);
        request->mode = *replace ? memory::TextMode::replace : memory::TextMode::add;
        create_when_asked(session, *options);
        session.print(
            memory::ingested_text_form(session.memory().ingest_text(session.context(), *request)),
            describe_document);
    });
}

void add_file_command(CLI::App& group, Session& session) {
    CLI::App* command = group.add_subcommand("file", "Take in a file");
    auto options = std::make_shared<IngestOptions>();
    auto request = std::make_shared<memory::IngestFile>();
    command->add_option("path", request->path, "The file")->required();
    add_shared_options(*command, *options);
    command->callback([&session, options, request] {
        request->collection = options->collection;
        request->metadata = read_object_option("--metadata", options->metadata);
        create_when_asked(session, *options);
        session.print(
            memory::ingested_file_form(session.memory().ingest_file(session.context(), *request)),
            describe_document);
    });
}

void add_directory_command(CLI::App& group, Session& session) {
    CLI::App* command = group.add_subcommand("directory", "Take in a folder");
    auto options = std::make_shared<IngestOptions>();
    auto request = std::make_shared<memory::IngestDirectory>();
    command->add_option("path", request->path, "The folder")->required();
    command->add_option("--extensions", request->extensions, "e.g. .md,.txt,.html")->delimiter(',');
    command->add_flag("-r,--recursive", request->recursive, "Folders below it too");
    command->add_flag("--include-hidden", request->include_hidden, "Hidden files too");
    command->add_flag("--prune", request->prune, "Remove documents whose file is gone");
    add_shared_options(*command, *options);
    command->callback([&session, options, request] {
        request->collection = options->collection;
        request->metadata = read_object_option("--metadata", options->metadata);
        create_when_asked(session, *options);
        const memory::DirectoryReport report =
            session.memory().ingest_directory(session.context(), *request);
        session.print(memory::directory_report_form(report), describe_directory);
        session.exit_code = report.files_found > 0 && report.files_ingested == 0 ? 1 : 0;
    });
}

void add_url_command(CLI::App& group, Session& session) {
    CLI::App* command = group.add_subcommand("url", "Take in a page or a site");
    auto options = std::make_shared<IngestOptions>();
    auto request = std::make_shared<memory::IngestUrl>();
    auto recrawl = std::make_shared<bool>(false);
    command->add_option("url", request->url, "http or https")->required();
    command->add_flag("--follow-links", request->follow_links, "Pages of the same site too");
    command->add_option("--max-depth", request->max_depth, "Links deep, 0 to 3");
    command->add_option("--max-pages", request->max_pages, "At most so many pages");
    command->add_option("--include", request->include_patterns, "Globs on the path");
    command->add_option("--exclude", request->exclude_patterns, "Globs on the path");
    command->add_flag("--recrawl", *recrawl, "Bring a crawled site up to date");
    add_shared_options(*command, *options);
    command->callback([&session, options, request, recrawl] {
        request->collection = options->collection;
        request->metadata = read_object_option("--metadata", options->metadata);
        request->mode = *recrawl ? memory::CrawlMode::recrawl : memory::CrawlMode::crawl;
        create_when_asked(session, *options);
        session.print(
            memory::crawl_report_form(session.memory().ingest_url(session.context(), *request)),
            describe_crawl);
    });
}

}  // namespace

void add_ingest_commands(CLI::App& root, Session& session) {
    CLI::App* group = root.add_subcommand("ingest", "Take in text, a file, a folder or a site");
    group->require_subcommand(1);
    add_text_command(*group, session);
    add_file_command(*group, session);
    add_directory_command(*group, session);
    add_url_command(*group, session);
}

}  // namespace rag::cli
