#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/json_forms.hpp"

#include <fmt/format.h>

#include <memory>

namespace rag::cli {
namespace {

struct ReindexOptions {
    std::string collection;
    std::string provider;
    std::string model;
    std::string dimensions;
    std::int64_t chunk_size = 0;
    bool background = false;
};

void override_when_given(Session& session, const char* variable, const std::string& value) {
    if (!value.empty()) {
        session.overrides[variable] = value;
    }
}

std::string describe_reindex(const Json& result) {
    return fmt::format(
        "'{}' is searched with {} ({} dimensions): {} documents embedded, {} cut anew, {} old "
        "vectors removed.\n",
        result.at("collection_name").get<std::string>(),
        result.at("embedding_model").get<std::string>(), result.at("dimensions").get<int>(),
        result.at("documents_embedded").get<std::int64_t>(),
        result.at("documents_cut").get<std::int64_t>(),
        result.at("vectors_removed").get<std::int64_t>());
}

void run_reindex(Session& session, const ReindexOptions& options) {
    override_when_given(session, "RAG_EMBEDDING_PROVIDER", options.provider);
    override_when_given(session, "RAG_EMBEDDING_MODEL", options.model);
    override_when_given(session, "RAG_EMBEDDING_DIMENSIONS", options.dimensions);
    memory::ReindexCollection request;
    request.collection = options.collection;
    if (options.chunk_size != 0) {
        request.chunk_size = options.chunk_size;
    }
    if (options.background) {
        const Job job = session.memory().begin_reindex(session.context(), request);
        session.print(memory::job_form(job), [&](const Json&) {
            return fmt::format(
                "Job {} waits for a server that is configured with this model, or for `rag jobs "
                "resume`.\n",
                job.id);
        });
        return;
    }
    const memory::ReindexReport report = session.memory().reindex(session.context(), request);
    session.print(memory::reindex_report_form(report), describe_reindex);
}

}  // namespace

void add_reindex_command(Command root, Session& session) {
    Command command = root.add_subcommand(
        "reindex",
        "Move a collection to the configured embedding model, or cut its passages anew; it "
        "answers as before until that is done");
    auto options = std::make_shared<ReindexOptions>();
    command.add_option("collection", options->collection).required();
    command.add_option("--provider", options->provider, "builtin, openai or model2vec");
    command.add_option("--model", options->model, "Another model than the configured one");
    command.add_option("--dimensions", options->dimensions, "Of that model's vectors");
    command.add_option("--chunk-size", options->chunk_size,
                       "Characters that a passage aims at, 100 to 2400; documents that come "
                       "later are cut as by default");
    command.add_flag("--background", options->background,
                     "Leave the work to a server that is configured with the model");
    command.callback([&session, options] { run_reindex(session, *options); });
}

}  // namespace rag::cli
