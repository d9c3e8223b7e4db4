#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/json_forms.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>

namespace rag::cli {
namespace {

constexpr std::size_t indent_columns = 4;

std::string describe_part(const char* name, const Json& rank, const std::string& value,
                          const Json& part) {
    return fmt::format(
        "{}: {}{}, gives {:.4f}", name,
        rank.is_null() ? std::string("no rank") : fmt::format("rank {}", rank.get<std::int64_t>()),
        value, part.get<double>());
}

/// "vectors: rank 1, similarity 0.8312, gives 0.4156; words: rank 3, BM25 7.21, gives 0.3310; ..."
std::string describe_place(const Json& explain) {
    const Json& similarity = explain.at("similarity");
    return fmt::format(
        "{}; {}; score {:.4f}{}",
        describe_part("vectors", explain.at("rank_vector"),
                      similarity.is_null()
                          ? std::string()
                          : fmt::format(", similarity {:.4f}", similarity.get<double>()),
                      explain.at("vector_part")),
        describe_part("words", explain.at("rank_keyword"),
                      fmt::format(", BM25 {:.2f}", explain.at("word_score").get<double>()),
                      explain.at("word_part")),
        explain.at("score").get<double>(),
        explain.at("reserved_place").get<bool>() ? " (a reserved place)" : "");
}

std::string describe_path(const std::string& path) {
    if (path == "store") {
        return "the database";
    }
    if (path == "fallback") {
        return "the database, because the copy leaves this collection out";
    }
    return path == "graph" ? "the copy, by its graph" : "the copy, every vector compared";
}

std::string describe_ranking(const Json& explain) {
    const std::string by = explain.at("ranked_by");
    const Json& ideal = explain.at("ideal_word_score");
    const double weight = explain.at("vector_weight").get<double>();
    if (by == "words and vectors") {
        return fmt::format("score = BM25 / {:.2f} + {:.2f} * similarity", ideal.get<double>(),
                           weight);
    }
    if (by == "words") {
        return fmt::format("score = BM25 / {:.2f}", ideal.get<double>());
    }
    return by == "vectors" ? "score = similarity" : "score = sum of 1 / (60 + rank)";
}

std::string describe_search(const Json& explain) {
    return fmt::format(
        "Answered by {}. {} of {} passages lie under the filter; {} came by vectors, {} by words. "
        "{}{}.\n",
        describe_path(explain.at("answered_by")), explain.at("filter_set").get<std::int64_t>(),
        explain.at("searched_set").get<std::int64_t>(),
        explain.at("vector_candidates").get<std::int64_t>(),
        explain.at("word_candidates").get<std::int64_t>(), describe_ranking(explain),
        explain.at("threshold").is_null()
            ? ""
            : fmt::format(", similarity at least {:.2f}", explain.at("threshold").get<double>()));
}

std::string describe_hits(const Json& result) {
    const Json& hits = result.at("result");
    std::string text = hits.empty() ? "Nothing found.\n" : "";
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
        if (hit.contains("explain")) {
            text += wrap_text(describe_place(hit.at("explain")), terminal_width() - indent_columns,
                              std::string(indent_columns, ' '));
        }
        text += '\n';
    }
    if (result.contains("explain")) {
        text += describe_search(result.at("explain"));
    }
    return text;
}

}  // namespace

void add_search_command(Command root, Session& session) {
    Command command = root.add_subcommand("search", "Find the passages that answer a question");
    auto query = std::make_shared<SearchQuery>();
    auto collection = std::make_shared<std::string>();
    auto threshold = std::make_shared<double>();
    auto filter = std::make_shared<std::string>();
    command.add_option("query", query->text, "The question").required();
    command.add_option("-c,--collection", *collection, "Only in this collection");
    command.add_option("-n,--limit", query->limit, "How many passages, at most 50");
    const Option threshold_given =
        command.add_option("--threshold", *threshold, "Least similarity, -1 to 1");
    command.add_choice<SearchMode>("--mode", query->mode,
                                   {{"hybrid", SearchMode::hybrid},
                                    {"vector", SearchMode::vector},
                                    {"keyword", SearchMode::keyword}},
                                   "How to search");
    command.add_option("--filter", *filter, "JSON object that the metadata must match");
    command.add_option("--context", query->context_chunks, "Neighbours on each side, 0 to 5");
    command.add_flag("--explain", query->explain,
                     "Show each hit's ranks and scores, and how the search was answered");
    auto searched = std::make_shared<Searched>(Searched::snapshot);
    command.add_choice<Searched>("--in", *searched,
                                 {{"snapshot", Searched::snapshot},
                                  {"database", Searched::database},
                                  {"copy", Searched::copy}},
                                 "What to search: the copy that a server left, or the database if "
                                 "none did; the database; a copy, made first if need be");
    command.callback([&session, searched, query, collection, threshold, threshold_given, filter] {
        if (!collection->empty()) {
            query->collection = *collection;
        }
        if (threshold_given.is_given()) {
            query->threshold = *threshold;
        }
        query->filter = parse_metadata_filter(read_object_option("--filter", *filter));
        session.application().search_in(*searched);
        const SearchResult result = session.memory().search(session.context(), *query);
        session.print(memory::search_form(result, memory::HitFields::with_metadata), describe_hits);
        for (const std::string& note : result.notes) {
            fmt::print(stderr, "Note: {}\n", note);
        }
    });
}

}  // namespace rag::cli
