// What `rag gc` removes from Postgres; SQLite's is in backup_test.cpp, where its clock can be set.

#include "storage/kinds.hpp"
#include "storage/postgres_store.hpp"
#include "storage/postgres_upkeep.hpp"

#include <doctest/doctest.h>

using namespace rag;
using namespace rag::storage;

namespace {

const CallContext context;

struct World {
    test::OwnSchema schema;
    PostgresPool pool{schema.options()};
    PostgresStore opened{{}, pool};
    Store& store = opened;
    PostgresUpkeep upkeep{pool};
};

}  // namespace

TEST_CASE("upkeep: of old versions in Postgres the newest stay, and all young ones") {
    World world;
    const CollectionId collection = contract::add_collection(world.store, "notes");
    const DocumentId id =
        world.store.add_document(context, contract::make_document(collection, "one")).id;
    for (const char* content : {"two", "three", "four", "five", "six"}) {
        world.store.update_document(context, id, contract::make_change(content));
    }
    const Retention retention{2, std::chrono::days{90}, std::chrono::days{30}};
    CHECK(world.upkeep.remove_old(context, retention, Removal::done).versions == 0);
    world.schema.run(
        "update @S.document_versions set created_at = created_at - interval '100 days'");
    CHECK(world.upkeep.remove_old(context, retention, Removal::counted).versions == 3);
    CHECK(world.store.list_versions(context, id).size() == 6);
    CHECK(world.upkeep.remove_old(context, retention, Removal::done).versions == 3);
    CHECK(world.upkeep.remove_old(context, retention, Removal::done).versions == 0);
    const auto versions = world.store.list_versions(context, id);
    REQUIRE(versions.size() == 3);
    CHECK(versions[0].version == 4);
    CHECK(versions.back().current);
    CHECK(world.store.get_document(context, id)->content == "six");
}

TEST_CASE("upkeep: of old jobs in Postgres those go that have ended") {
    World world;
    world.store.create_job(context, {"a", "ingest_url", "p", "k1", Metadata::object()});
    world.store.create_job(context, {"b", "ingest_url", "p", "k2", Metadata::object()});
    world.store.create_job(context, {"c", "ingest_url", "p", "k3", Metadata::object()});
    world.store.finish_job(context, "a", {JobState::completed, Metadata::object(), ""});
    world.schema.run("update @S.jobs set updated_at = updated_at - interval '40 days'");
    world.store.finish_job(context, "c", {JobState::failed, Metadata::object(), "no"});
    CHECK(world.upkeep.remove_old(context, {}, Removal::counted).jobs == 1);
    CHECK(world.store.find_job(context, "a"));
    CHECK(world.upkeep.remove_old(context, {}, Removal::done).jobs == 1);
    CHECK_FALSE(world.store.find_job(context, "a"));
    CHECK(world.store.find_job(context, "b"));
    CHECK(world.store.find_job(context, "c"));
}
