#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/json_forms.hpp"

#include <fmt/format.h>

#include <memory>

namespace rag::cli {
namespace {

/// "json_ld on 5, open_graph on 7"
std::string describe_forms(const Json& quality) {
    std::string text;
    for (const char* kind : {"forms", "page_types"}) {
        for (const auto& [name, pages] : quality.at(kind).items()) {
            text += fmt::format("{}{} on {}", text.empty() ? "" : ", ", name,
                                pages.get<std::int64_t>());
        }
    }
    return text.empty() ? "nothing" : text;
}

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
    if (const auto quality = result.find("data_quality"); quality != result.end()) {
        text +=
            fmt::format("Of {} pages that were read, for machines: {}\n",
                        quality->at("pages_read").get<std::int64_t>(), describe_forms(*quality));
    }
    return text + result.at("notes").get<std::string>() + '\n';
}

}  // namespace

void add_analyze_command(Command root, Session& session) {
    Command command = root.add_subcommand("analyze", "Show what a website has before taking it in");
    auto request = std::make_shared<SiteAnalysisRequest>();
    command.add_option("url", request->base_url).required();
    command.add_option("--timeout", request->timeout_s, "Seconds in all, 1 to 120");
    command.add_flag("--urls", request->include_url_lists, "List the URLs too");
    command.callback([&session, request] {
        session.print(memory::site_analysis_form(
                          session.memory().analyze_website(session.context(), *request),
                          request->include_url_lists ? memory::UrlLists::include
                                                     : memory::UrlLists::leave_out),
                      describe_site);
    });
}

}  // namespace rag::cli
