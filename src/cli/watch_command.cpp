#include "cli/ingest_options.hpp"
#include "cli/session.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace rag::cli {
namespace {

constexpr const char* name_of(memory::FolderChangeKind kind) {
    switch (kind) {
        case memory::FolderChangeKind::added: return "added";
        case memory::FolderChangeKind::updated: return "updated";
        case memory::FolderChangeKind::removed: return "removed";
        case memory::FolderChangeKind::failed: return "failed";
    }
    return "failed";
}

Json change_form(const memory::FolderChange& change) {
    Json form = {{"event", name_of(change.kind)}, {"filename", change.filename}};
    if (change.kind == memory::FolderChangeKind::failed) {
        form["error"] = change.error;
        return form;
    }
    form["document_id"] = change.document_id;
    if (change.kind != memory::FolderChangeKind::removed) {
        form["num_chunks"] = change.num_chunks;
    }
    return form;
}

std::string describe_change(const memory::FolderChange& change) {
    std::string line = fmt::format("{:<8} {}", name_of(change.kind), change.filename);
    if (change.kind == memory::FolderChangeKind::failed) {
        line += ": " + change.error;
    } else if (change.kind != memory::FolderChangeKind::removed) {
        line += fmt::format(" ({} chunks)", change.num_chunks);
    }
    return line + '\n';
}

/// One line for each thing that happens; an object each with --json.
memory::WatchListener make_listener(Session& session, const std::string& collection) {
    memory::WatchListener listener;
    listener.on_change = [&session](const memory::FolderChange& change) {
        session.print(change_form(change), [&](const Json&) { return describe_change(change); });
    };
    listener.on_in_step = [&session, collection](const memory::FolderSummary& summary) {
        session.print(
            Json{{"event", "in_step"},
                 {"collection_name", collection},
                 {"files", summary.files},
                 {"added", summary.added},
                 {"updated", summary.updated},
                 {"removed", summary.removed},
                 {"failed", summary.failed}},
            [&](const Json&) {
                return fmt::format(
                    "'{}' is in step: {} files ({} added, {} updated, {} removed, {} failed); "
                    "watching\n",
                    collection, summary.files, summary.added, summary.updated, summary.removed,
                    summary.failed);
            });
    };
    listener.on_notice = [&session](const std::string& sentence) {
        if (session.json) {
            session.print(Json{{"event", "notice"}, {"message", sentence}},
                          [](const Json&) { return std::string(); });
        } else {
            fmt::print(stderr, "rag: {}\n", sentence);
        }
    };
    return listener;
}

}  // namespace

void add_watch_command(Command root, Session& session) {
    Command command =
        root.add_subcommand("watch", "Keep a collection in step with a folder, until interrupted");
    auto options = std::make_shared<IngestOptions>();
    auto request = std::make_shared<memory::IngestDirectory>();
    request->recursive = true;
    command.add_option("path", request->path, "The folder").required();
    command.add_option("--extensions", request->extensions, "e.g. .md,.txt,.html")
        .separated_by(',');
    command.add_flag("!--no-recursive", request->recursive, "Not the folders below it");
    command.add_flag("--include-hidden", request->include_hidden, "Hidden files too");
    add_shared_options(command, *options);
    command.callback([&session, options, request] {
        request->collection = options->collection;
        request->metadata = read_object_option("--metadata", options->metadata);
        Application& application = session.application();
        application.run_until_signal([&](const std::stop_token& stop) {
            create_when_asked(session, *options);
            const std::unique_ptr<FolderWatcher> watcher = application.make_folder_watcher();
            CallContext context = session.context();
            context.on_progress = {};
            context.stop = stop;
            application.memory().watch_directory(context, *request, *watcher,
                                                 make_listener(session, options->collection));
        });
    });
}

}  // namespace rag::cli
