#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/json_forms.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <memory>

namespace rag::cli {
namespace {

std::string describe_site(const Json& result) {
    std::string text =
        fmt::format("{}: {} URLs, found by {}\n", result.at("base_url").get<std::string>(),
                    result.at("total_urls").get<std::int64_t>(),
                    result.at("analysis_method").get<std::string>());
    std::vector<std::vector<std::string>> rows{{"PATH", "URLS", "AVERAGE DEPTH"}};
    for (const auto& [pattern, statistics] : result.at("pattern_stats").items()) {
        rows.push_back({pattern, statistics.at("count").dump(), statistics.at("avg_depth").dump()});
    }
    if (rows.size() > 1) {
        text += format_table(rows);
    }
    return text + result.at("notes").get<std::string>() + '\n';
}

}  // namespace

void add_analyze_command(CLI::App& root, Session& session) {
    CLI::App* command =
        root.add_subcommand("analyze", "Show what a website has before taking it in");
    auto request = std::make_shared<SiteAnalysisRequest>();
    command->add_option("url", request->base_url)->required();
    command->add_option("--timeout", request->timeout_s, "Seconds in all, 1 to 120");
    command->add_flag("--urls", request->include_url_lists, "List the URLs too");
    command->callback([&session, request] {
        session.print(memory::site_analysis_form(
                          session.memory().analyze_website(session.context(), *request),
                          request->include_url_lists ? memory::UrlLists::include
                                                     : memory::UrlLists::leave_out),
                      describe_site);
    });
}

}  // namespace rag::cli
