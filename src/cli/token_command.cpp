#include "base/hash.hpp"
#include "base/roles.hpp"
#include "base/time_text.hpp"
#include "cli/session.hpp"
#include "rag/error.hpp"
#include "rag/token_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace rag::cli {
namespace {

struct TokenRequest {
    std::string name;
    std::string role = "writer";
    std::vector<std::string> collections;
    bool for_environment = false;
};

Json token_form(const StoredToken& token) {
    return {{"name", token.name},
            {"role", role_name(token.role)},
            {"collections", token.collections},
            {"created_at", to_iso8601(token.created_at)}};
}

/// An entry of RAG_TOKENS.
std::string make_entry(const TokenRequest& request, const std::string& secret) {
    for (const std::string& collection : request.collections) {
        if (collection.find_first_of(":,+") != std::string::npos) {
            throw UsageError(
                fmt::format("RAG_TOKENS cannot name the collection '{}', because of "
                            "its colon, comma or plus; leave --for-environment out.",
                            collection));
        }
    }
    const std::string limits =
        request.collections.empty() ? "" : fmt::format(":{}", fmt::join(request.collections, "+"));
    return fmt::format("{}:{}{}:{}", request.name, request.role, limits, secret);
}

void print_for_environment(const Session& session, const TokenRequest& request,
                           const std::string& secret) {
    const std::string entry = make_entry(request, secret);
    session.print(
        Json{{"name", request.name},
             {"role", request.role},
             {"collections", request.collections},
             {"token", secret},
             {"rag_tokens", entry}},
        [&](const Json&) {
            return fmt::format(
                "Add to RAG_TOKENS on the server (entries are separated by commas):\n  {}\n\n"
                "The client sends it as\n  Authorization: Bearer {}\n",
                entry, secret);
        });
}

void create_token(Session& session, const TokenRequest& request) {
    const std::string secret = make_token_secret();
    if (request.for_environment) {
        print_for_environment(session, request, secret);
        return;
    }
    StoredToken token;
    token.name = request.name;
    token.role = *parse_role(request.role);
    token.collections = request.collections;
    token.secret_hash = sha256_hex(secret);
    session.application().tokens().add(session.context(), token);
    session.print(Json{{"name", request.name},
                       {"role", request.role},
                       {"collections", request.collections},
                       {"token", secret}},
                  [&](const Json&) {
                      return fmt::format(
                          "The client sends\n  Authorization: Bearer {}\n\nIt is shown this once: "
                          "the database keeps a hash of it. Servers with RAG_AUTH=token accept it "
                          "at once.\n",
                          secret);
                  });
}

void list_tokens(Session& session) {
    Json list = Json::array();
    for (const StoredToken& token : session.application().tokens().list(session.context())) {
        list.push_back(token_form(token));
    }
    session.print(Json{{"tokens", list}}, [&](const Json&) {
        if (list.empty()) {
            return std::string(
                "There are no tokens in the database. Those of RAG_TOKENS are not "
                "listed.\n");
        }
        std::string text;
        for (const Json& token : list) {
            const auto names = token["collections"].get<std::vector<std::string>>();
            text += fmt::format("{}  {}  {}  {}\n", token["name"].get<std::string>(),
                                token["role"].get<std::string>(),
                                token["created_at"].get<std::string>(),
                                names.empty() ? std::string("all collections")
                                              : fmt::format("{}", fmt::join(names, ", ")));
        }
        return text;
    });
}

void revoke_token(Session& session, const std::string& name) {
    if (!session.application().tokens().remove(session.context(), name)) {
        throw Error(ErrorCode::not_found,
                    fmt::format("There is no token '{}' in the database; 'rag token list' shows "
                                "those that there are.",
                                name));
    }
    session.print(Json{{"name", name}, {"revoked", true}}, [&](const Json&) {
        return fmt::format("'{}' is revoked: servers refuse it within seconds.\n", name);
    });
}

void add_create(Command group, Session& session) {
    Command command = group.add_subcommand("create", "Make a token and print how to use it");
    auto request = std::make_shared<TokenRequest>();
    command.add_option("--name", request->name, "Who will use it")
        .required()
        .check([](const std::string& name) {
            return is_token_name(name)
                       ? std::string()
                       : std::string("a name has 1 to 64 letters, digits, '.', '_' and '-'");
        });
    command.add_option("--role", request->role, "reader, writer or admin")
        .among({"reader", "writer", "admin"})
        .show_default();
    command.add_option("--collections", request->collections, "Only these; separated by commas")
        .separated_by(',');
    command.add_flag("--for-environment", request->for_environment,
                     "Print an entry for RAG_TOKENS and keep nothing in the database");
    command.callback([&session, request] { create_token(session, *request); });
}

}  // namespace

void add_token_command(Command root, Session& session) {
    Command group = root.add_subcommand("token", "Make, list and revoke tokens of clients");
    group.require_subcommand();
    add_create(group, session);
    group.add_subcommand("list", "Show the tokens of the database, without their secrets")
        .callback([&session] { list_tokens(session); });
    Command revoke = group.add_subcommand("revoke", "Refuse a token from now on");
    auto name = std::make_shared<std::string>();
    revoke.add_option("name", *name, "The token's name").required();
    revoke.callback([&session, name] { revoke_token(session, *name); });
}

}  // namespace rag::cli
