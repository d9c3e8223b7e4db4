// `rag migrate` as people use it.

#include "support/database.hpp"
#include "support/rag_command.hpp"
#include "support/reference_database.hpp"
#include "support/running_server.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace rag::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

void check_steps(StoreKind store) {
    const TestMemory memory(store);
    const auto environment = memory.environment();
    const Ended plan = run_rag({"migrate", "--dry-run"}, environment);
    CHECK(plan.status == 0);
    CHECK(plan.output.find("has no schema yet") != std::string::npos);
    CHECK(plan.output.find("pending 0001 initial") != std::string::npos);
    CHECK(run_rag({"migrate", "--dry-run"}, environment).output == plan.output);

    const json done = json::parse(run_rag({"migrate", "--json"}, environment).output);
    CHECK(done.at("applied").at(0).at("name") == "initial");
    CHECK(done.at("schema_version") == done.at("applied").size());
    const Ended rest = run_rag({"migrate", "--dry-run"}, environment);
    CHECK(rest.output.find("nothing is pending") != std::string::npos);
    CHECK(json::parse(run_rag({"migrate", "--json"}, environment).output).at("applied").empty());
}

}  // namespace

TEST_CASE("migrate: lists its steps, does them, and has none left (sqlite)") {
    check_steps(StoreKind::sqlite);
}

TEST_CASE("migrate: lists its steps, does them, and has none left (postgres)") {
    check_steps(StoreKind::postgres);
}

TEST_CASE("migrate: a memory of the reference system moves in") {
    const TestMemory memory(StoreKind::sqlite);
    const OwnDatabase database(postgres_address());
    auto environment = memory.environment();
    CHECK(run_rag({"migrate", "--from-reference"}, environment).status == 1);
    environment["DATABASE_URL"] = database.address();
    const Ended none = run_rag({"migrate", "--from-reference"}, environment);
    CHECK(none.status == 1);
    CHECK(none.errors.find("no reference database") != std::string::npos);
    CHECK(database.query("select 1 from pg_namespace where nspname = 'rag_memory'").empty());

    database.execute(reference_tables_sql());
    const auto before = database.query(reference_digest_sql());
    const Ended plan = run_rag({"migrate", "--from-reference", "--dry-run"}, environment);
    CHECK(plan.status == 0);
    CHECK(plan.output.find("documents    5 found, 0 taken over before, 5 would be taken over") !=
          std::string::npos);
    CHECK(database.query("select 1 from pg_namespace where nspname = 'rag_memory'").empty());
    CHECK(run_rag({"status"}, environment).output.find("rag migrate --from-reference") !=
          std::string::npos);

    const json done =
        json::parse(run_rag({"migrate", "--from-reference", "--json"}, environment).output);
    CHECK(done.at("documents") == json{{"found", 5}, {"taken_before", 0}, {"taken", 5}});
    CHECK(done.at("vectors_kept") == 6);
    CHECK(database.query(reference_digest_sql()) == before);
    const json again =
        json::parse(run_rag({"migrate", "--from-reference", "--json"}, environment).output);
    CHECK(again.at("documents") == json{{"found", 5}, {"taken_before", 5}, {"taken", 0}});
    CHECK(run_rag({"status"}, environment).output.find("--from-reference") == std::string::npos);

    const json found = json::parse(run_rag({"search", "forests", "--json"}, environment).output);
    CHECK(found.at("result").at(0).at("content") == "It lives in forests.");
    CHECK(found.at("result").at(0).at("source_document_id") == 10);
    RunningServer server(memory, Transport::stdio, {{"DATABASE_URL", database.address()}});
    const auto client = server.connect(Wire::modern);
    const json listed = call_tool(*client, "list_collections", json::object());
    CHECK(listed.at("structuredContent").at("result").size() == 2);
}
