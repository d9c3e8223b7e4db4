#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/json_forms.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <map>
#include <memory>

namespace rag::cli {
namespace {

constexpr std::size_t indent_columns = 4;

std::string describe_hits(const Json& result) {
    const Json& hits = result.at("result");
    if (hits.empty()) {
        return "Nothing found.\n";
    }
    std::string text;
    int number = 0;
    for (const Json& hit : hits) {
        const Json& similarity = hit.at("similarity");
        text += fmt::format(
            "{:2}. {}{}{}\n", ++number, hit.at("source_filename").get<std::string>(),
            hit.value("heading_path", "").empty() ? ""
                                                  : "  (" + hit.value("heading_path", "") + ")",
            similarity.is_null() ? ""
                                 : fmt::format("  similarity {:.2f}", similarity.get<double>()));
        text += wrap_text(hit.at("content").get<std::string>(), terminal_width() - indent_columns,
                          std::string(indent_columns, ' '));
        text += '\n';
    }
    return text;
}

}  // namespace

void add_search_command(CLI::App& root, Session& session) {
    CLI::App* command = root.add_subcommand("search", "Find the passages that answer a question");
    auto query = std::make_shared<SearchQuery>();
    auto collection = std::make_shared<std::string>();
    auto threshold = std::make_shared<double>();
    auto filter = std::make_shared<std::string>();
    command->add_option("query", query->text, "The question")->required();
    command->add_option("-c,--collection", *collection, "Only in this collection");
    command->add_option("-n,--limit", query->limit, "How many passages, at most 50");
    CLI::Option* threshold_given =
        command->add_option("--threshold", *threshold, "Least similarity, -1 to 1");
    command->add_option("--mode", query->mode, "hybrid, vector or keyword")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, SearchMode>{{"hybrid", SearchMode::hybrid},
                                              {"vector", SearchMode::vector},
                                              {"keyword", SearchMode::keyword}}));
    command->add_option("--filter", *filter, "JSON object that the metadata must match");
    command->add_option("--context", query->context_chunks, "Neighbours on each side, 0 to 5");
    command->callback([&session, query, collection, threshold, threshold_given, filter] {
        if (!collection->empty()) {
            query->collection = *collection;
        }
        if (threshold_given->count() > 0) {
            query->threshold = *threshold;
        }
        query->filter = parse_metadata_filter(read_object_option("--filter", *filter));
        const SearchResult result = session.memory().search(session.context(), *query);
        session.print(memory::search_form(result, memory::HitFields::with_metadata), describe_hits);
        for (const std::string& note : result.notes) {
            fmt::print(stderr, "Note: {}\n", note);
        }
    });
}

}  // namespace rag::cli
