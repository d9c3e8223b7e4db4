#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "cli/session.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <memory>

namespace rag::cli {
namespace {

constexpr std::size_t secret_bytes = 32;

struct TokenRequest {
    std::string name;
    std::string role = "writer";
    std::vector<std::string> collections;
};

std::string make_entry(const TokenRequest& request, const std::string& secret) {
    std::string entry = request.name + ':' + request.role + ':';
    for (std::size_t i = 0; i < request.collections.size(); ++i) {
        entry += (i == 0 ? "" : "+") + request.collections[i];
    }
    return request.collections.empty() ? request.name + ':' + request.role + ':' + secret
                                       : entry + ':' + secret;
}

}  // namespace

void add_token_command(CLI::App& root, Session& session) {
    CLI::App* group = root.add_subcommand("token", "Make tokens for remote clients");
    group->require_subcommand(1);
    CLI::App* command = group->add_subcommand("create", "Make a token and print how to use it");
    auto request = std::make_shared<TokenRequest>();
    command->add_option("--name", request->name, "Who will use it")
        ->required()
        ->check([](const std::string& name) {
            return name.find_first_of(":,+ ") == std::string::npos
                       ? std::string()
                       : std::string("a name has no colon, comma, plus or space");
        });
    command->add_option("--role", request->role, "reader, writer or admin")
        ->check(CLI::IsMember({"reader", "writer", "admin"}))
        ->capture_default_str();
    command->add_option("--collections", request->collections, "Only these; separated by commas")
        ->delimiter(',');
    command->callback([&session, request] {
        const std::string secret = to_base64url(random_bytes(secret_bytes));
        const std::string entry = make_entry(*request, secret);
        session.print(
            Json{{"name", request->name},
                 {"role", request->role},
                 {"token", secret},
                 {"rag_tokens", entry}},
            [&](const Json&) {
                return fmt::format(
                    "Add to RAG_TOKENS on the server (entries are separated by commas):\n  {}\n\n"
                    "The client sends it as\n  Authorization: Bearer {}\n\n"
                    "It is shown this once; the server keeps a hash of it.\n",
                    entry, secret);
            });
    });
}

}  // namespace rag::cli
