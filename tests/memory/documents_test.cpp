#include "memory/world.hpp"

using namespace rag;
using rag::test::error_of;
using rag::test::holds;
using rag::test::World;

TEST_CASE("documents: content is cut at max_chars in code points and goes on at the offset") {
    World world;
    const DocumentId id = world.add("äöü\xF0\x9F\x9A\xA2xyz", "T").document_id;
    const auto view =
        world.memory().get_document(world.context, {.document_id = id, .max_chars = 4});
    CHECK(view.document.content == "äöü\xF0\x9F\x9A\xA2");
    REQUIRE(view.next_offset == 4);
    const auto rest = world.memory().get_document(world.context,
                                                  {.document_id = id, .offset = 4, .max_chars = 4});
    CHECK(rest.document.content == "xyz");
    CHECK(!rest.next_offset);
    CHECK(world.memory()
              .get_document(world.context, {.document_id = id, .offset = 99})
              .document.content.empty());
}

TEST_CASE("documents: an update lists its fields in order, merges metadata and keeps a version") {
    World world;
    memory::Memory& memory = world.memory();
    const DocumentId id = world.add("Otters swim.", "Guide", {{"a", 1}, {"b", 2}}).document_id;
    memory::UpdateDocument update;
    update.document_id = id;
    update.content = "Badgers dig.";
    update.title = "Badgers";
    update.metadata = Metadata{{"b", 3}};
    const auto updated = memory.update_document(world.context, update);
    CHECK(updated.updated_fields == std::vector<std::string>{"metadata", "title", "content"});
    const auto view = memory.get_document(world.context, {.document_id = id});
    CHECK(view.document.version == 2);
    CHECK(view.document.metadata == Metadata{{"a", 1}, {"b", 3}});
    CHECK(world.find("otters", 5, SearchMode::keyword).hits.empty());
    CHECK(world.find("badgers", 5, SearchMode::keyword).hits.at(0).metadata.at("b") == 3);
    CHECK(memory.get_document(world.context, {.document_id = id, .version = 1}).document.content ==
          "Otters swim.");
    CHECK(holds(
        error_of([&] { memory.get_document(world.context, {.document_id = id, .version = 9}); }),
        "version"));
    CHECK(memory.list_document_versions(world.context, id).size() == 2);
    memory.restore_document_version(world.context, {id, 1});
    CHECK(memory.get_document(world.context, {.document_id = id}).document.content ==
          "Otters swim.");
    CHECK(world.store.find_damage().empty());
}

TEST_CASE("documents: a given field is listed also when it changes nothing") {
    World world;
    const DocumentId id = world.add("Otters swim.", "Guide", {{"a", 1}}).document_id;
    const auto before =
        world.memory().get_document(world.context, {.document_id = id}).document.updated_at;
    memory::UpdateDocument update;
    update.document_id = id;
    update.content = "Otters swim.";
    update.title = "Guide";
    update.metadata = Metadata{{"a", 1}};
    const auto updated = world.memory().update_document(world.context, update);
    CHECK(updated.updated_fields.size() == 3);
    const auto view = world.memory().get_document(world.context, {.document_id = id});
    CHECK(view.document.updated_at == before);
    CHECK(view.document.version == 1);
}

TEST_CASE("documents: a new title becomes the text's identity") {
    World world;
    const DocumentId id = world.add("Otters swim.", "Guide").document_id;
    world.memory().update_document(world.context, {.document_id = id, .title = "Otters"});
    CHECK(world.add("Otters swim.", "Otters").status == memory::IngestStatus::unchanged);
    CHECK(world.add("Otters swim.", "Guide").status == memory::IngestStatus::created);
    const DocumentId untitled = world.add("Untitled text.").document_id;
    world.memory().update_document(world.context,
                                   {.document_id = untitled, .content = "Changed text."});
    CHECK(world.add("Changed text.").document_id == untitled);
}

TEST_CASE("documents: what is wrong with an update is said") {
    World world;
    const DocumentId id = world.add("Otters swim.", "Guide").document_id;
    const auto error = [&](const memory::UpdateDocument& update) {
        return error_of([&] { world.memory().update_document(world.context, update); });
    };
    CHECK(error({.document_id = id}) ==
          "At least one of content, title, or metadata must be provided");
    CHECK(holds(error({.document_id = id, .content = " \n"}), "content"));
    CHECK(holds(error({.document_id = id, .title = " "}), "title"));
    CHECK(error({.document_id = 999, .title = "t"}) == "Document 999 not found");
}

TEST_CASE("documents: lists are paged and clamped") {
    World world;
    for (int i = 0; i < 5; ++i) {
        world.add("Text number " + std::to_string(i), "T" + std::to_string(i), {{"n", i}});
    }
    const auto page = world.memory().list_documents(world.context, {.limit = 2, .offset = 1});
    CHECK(page.documents.size() == 2);
    CHECK(page.documents[0].filename == "T3");
    CHECK(page.total_count == 5);
    CHECK(page.has_more);
    memory::ListDocuments filtered;
    filtered.limit = 1000;
    filtered.filter = parse_metadata_filter({{"n", {{"$gte", 3}}}});
    CHECK(world.memory().list_documents(world.context, filtered).documents.size() == 2);
    CHECK(error_of([&] { world.memory().list_documents(world.context, {.collection = "no"}); }) ==
          "Collection 'no' not found");
    CHECK(holds(error_of([&] { world.memory().list_documents(world.context, {.offset = -1}); }),
                "offset"));
}
