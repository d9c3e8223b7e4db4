#include "cli/session.hpp"
#include "cli/terminal.hpp"

namespace rag::cli {
namespace {

const char* to_words(Origin origin) {
    switch (origin) {
        case Origin::built_in: return "default";
        case Origin::user_file: return "~/.rag-memory-env";
        case Origin::local_file: return "./.env";
        case Origin::environment: return "environment";
        case Origin::command_line: return "command line";
    }
    return "default";
}

}  // namespace

void add_config_command(Command root, Session& session) {
    Command group = root.add_subcommand("config", "Show the configuration and where it comes from");
    group.require_subcommand();
    group.add_subcommand("show", "Every value with its origin; secrets are masked")
        .callback([&session] {
            Json result = Json::object();
            std::vector<std::vector<std::string>> rows{{"VARIABLE", "VALUE", "FROM"}};
            for (const ConfigEntry& entry : session.config().entries) {
                result[entry.variable] = {{"value", entry.value},
                                          {"origin", to_words(entry.origin)}};
                rows.push_back({entry.variable, entry.value.empty() ? "-" : entry.value,
                                to_words(entry.origin)});
            }
            session.print(result, [&](const Json&) { return format_table(rows); });
        });
}

}  // namespace rag::cli
