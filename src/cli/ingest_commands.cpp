#include "base/utf8.hpp"
#include "cli/ingest_options.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/json_forms.hpp"

#include <fmt/format.h>

#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace rag::cli {
namespace {

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

Json failed_files_form(const std::vector<memory::FailedFile>& files) {
    Json form = Json::array();
    for (const memory::FailedFile& file : files) {
        form.push_back({{"filename", file.filename}, {"error", file.error}});
    }
    return form;
}

/// In US dollars; the price is for a million tokens.
double cost_of(const memory::DirectoryEstimate& estimate, double price) {
    return static_cast<double>(estimate.tokens) / 1e6 * price;
}

/// Without a cost where the price is not known.
Json estimate_form(const memory::DirectoryEstimate& estimate, std::optional<double> price) {
    Json form = {{"collection_name", estimate.collection},
                 {"files_found", estimate.files_found},
                 {"files_new", estimate.files_new},
                 {"files_changed", estimate.files_changed},
                 {"files_unchanged", estimate.files_unchanged},
                 {"files_failed", estimate.files_failed},
                 {"bytes", estimate.bytes},
                 {"total_chunks", estimate.chunks},
                 {"tokens_estimated", estimate.tokens}};
    if (price) {
        form["cost_usd_estimated"] = cost_of(estimate, *price);
    }
    if (estimate.pruned) {
        form["files_removed"] = estimate.files_removed;
    }
    if (!estimate.failed_files.empty()) {
        form["failed_files"] = failed_files_form(estimate.failed_files);
    }
    return form;
}

std::string describe_estimate(const memory::DirectoryEstimate& estimate,
                              std::optional<double> price, const std::string& model) {
    std::string text = fmt::format(
        "{} files: {} new, {} changed, {} unchanged, {} failed\n"
        "{} to read, {} chunks to embed\n",
        estimate.files_found, estimate.files_new, estimate.files_changed, estimate.files_unchanged,
        estimate.files_failed, format_bytes(estimate.bytes), estimate.chunks);
    if (!price) {
        text += fmt::format(
            "about {} tokens; what {} takes for them is not known (RAG_EMBEDDING_PRICE: US dollars "
            "for a million)\n",
            estimate.tokens, model);
    } else if (*price > 0) {
        text += fmt::format("about {} tokens: ${:.4f} at ${} for a million of {}\n",
                            estimate.tokens, cost_of(estimate, *price), *price, model);
    } else {
        text += fmt::format("{} costs nothing\n", model);
    }
    if (estimate.pruned) {
        text +=
            fmt::format("{} documents to remove, their files are gone\n", estimate.files_removed);
    }
    for (const memory::FailedFile& failed : estimate.failed_files) {
        text += fmt::format("  {}: {}\n", failed.filename, failed.error);
    }
    return text + "Nothing was changed.\n";
}

void print_estimate(Session& session, const memory::IngestDirectory& request,
                    memory::MissingCollection missing) {
    const memory::DirectoryEstimate estimate =
        session.memory().estimate_directory(session.context(), request, missing);
    const std::optional<double> price = session.application().embedding_price();
    session.print(estimate_form(estimate, price), [&](const Json&) {
        return describe_estimate(estimate, price, session.application().embedder().space().model);
    });
}

std::string describe_crawl(const Json& result) {
    std::string text = fmt::format("{} pages fetched, {} ingested; {} chunks in '{}'\n",
                                   result.at("pages_crawled").get<std::int64_t>(),
                                   result.at("pages_ingested").get<std::int64_t>(),
                                   result.at("total_chunks").get<std::int64_t>(),
                                   result.at("collection_name").get<std::string>());
    if (result.contains("pages_rendered")) {
        text += fmt::format("{} of them as their scripts made them\n",
                            result["pages_rendered"].get<std::int64_t>());
    }
    if (result.contains("notes")) {
        text += result["notes"].get<std::string>() + '\n';
    }
    for (const Json& failed : result.value("failed_pages", Json::array())) {
        text += fmt::format("  {}: {}\n", failed.at("url").get<std::string>(),
                            failed.at("error").get<std::string>());
    }
    return text;
}

void add_text_command(Command group, Session& session) {
    Command command = group.add_subcommand("text", "Take in a text (from standard input with -)");
    auto options = std::make_shared<IngestOptions>();
    auto request = std::make_shared<memory::IngestText>();
    auto replace = std::make_shared<bool>(false);
    command.add_option("text", request->content, "The text, or - for standard input").required();
    command.add_option("--title", request->title, "Its title");
    command.add_flag("--replace", *replace, "Replace the text that has this title");
    add_shared_options(command, *options);
    command.callback([&session, options, request, replace] {
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

void add_file_command(Command group, Session& session) {
    Command command = group.add_subcommand("file", "Take in a file");
    auto options = std::make_shared<IngestOptions>();
    auto request = std::make_shared<memory::IngestFile>();
    command.add_option("path", request->path, "The file").required();
    add_shared_options(command, *options);
    command.callback([&session, options, request] {
        request->collection = options->collection;
        request->metadata = read_object_option("--metadata", options->metadata);
        create_when_asked(session, *options);
        session.print(
            memory::ingested_file_form(session.memory().ingest_file(session.context(), *request)),
            describe_document);
    });
}

void add_directory_command(Command group, Session& session) {
    Command command = group.add_subcommand("directory", "Take in a folder");
    auto options = std::make_shared<IngestOptions>();
    auto request = std::make_shared<memory::IngestDirectory>();
    auto dry_run = std::make_shared<bool>(false);
    command.add_option("path", request->path, "The folder").required();
    command.add_option("--extensions", request->extensions, "e.g. .md,.txt,.html")
        .separated_by(',');
    command.add_flag("-r,--recursive", request->recursive, "Folders below it too");
    command.add_flag("--include-hidden", request->include_hidden, "Hidden files too");
    command.add_flag("--prune", request->prune, "Remove documents whose file is gone");
    command.add_flag("--dry-run", *dry_run,
                     "Only count files, chunks and what embedding them would cost");
    add_shared_options(command, *options);
    command.callback([&session, options, request, dry_run] {
        request->collection = options->collection;
        request->metadata = read_object_option("--metadata", options->metadata);
        if (*dry_run) {
            print_estimate(session, *request,
                           options->create ? memory::MissingCollection::is_empty
                                           : memory::MissingCollection::is_an_error);
            return;
        }
        create_when_asked(session, *options);
        const memory::DirectoryReport report =
            session.memory().ingest_directory(session.context(), *request);
        session.print(memory::directory_report_form(report), describe_directory);
        if (report.files_found == 0 && !request->recursive) {
            fmt::print(stderr,
                       "Note: the folder itself holds no file of a known kind; -r takes "
                       "the folders below it, too.\n");
        }
        session.exit_code = report.files_found > 0 && report.files_ingested == 0 ? 1 : 0;
    });
}

void add_url_command(Command group, Session& session) {
    Command command = group.add_subcommand("url", "Take in a page or a site");
    auto options = std::make_shared<IngestOptions>();
    auto request = std::make_shared<memory::IngestUrl>();
    auto recrawl = std::make_shared<bool>(false);
    command.add_option("url", request->url, "http or https").required();
    command.add_flag("--follow-links", request->follow_links, "Pages of the same site too");
    command.add_option("--max-depth", request->max_depth, "Links deep, 0 to 3");
    command.add_option("--max-pages", request->max_pages, "At most so many pages");
    command.add_option("--include", request->include_patterns, "Globs on the path");
    command.add_option("--exclude", request->exclude_patterns, "Globs on the path");
    command.add_flag("--recrawl", *recrawl, "Bring a crawled site up to date");
    command.add_choice<RenderMode>("--render", request->render,
                                   {{"auto", RenderMode::automatic},
                                    {"never", RenderMode::never},
                                    {"always", RenderMode::always}},
                                   "Run scripts in a browser; auto: where a page needs it");
    add_shared_options(command, *options);
    command.callback([&session, options, request, recrawl] {
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

void add_ingest_commands(Command root, Session& session) {
    Command group = root.add_subcommand("ingest", "Take in text, a file, a folder or a site");
    group.require_subcommand();
    add_text_command(group, session);
    add_file_command(group, session);
    add_directory_command(group, session);
    add_url_command(group, session);
}

}  // namespace rag::cli
