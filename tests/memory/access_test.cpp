#include "memory/world.hpp"

using namespace rag;
using rag::test::error_of;
using rag::test::holds;
using rag::test::World;

TEST_CASE("access: a reader reads and changes nothing") {
    World world;
    const DocumentId id = world.add("Boats are blue.", "Boats").document_id;
    CallContext reader = world.context;
    reader.caller.role = Role::reader;
    memory::Memory& memory = world.memory();
    CHECK(memory.list_collections(reader).size() == 1);
    CHECK(memory.get_document(reader, {.document_id = id}).document.filename == "Boats");
    const auto refused = [&](auto call) {
        const std::string sentence = error_of(call);
        return holds(sentence, "'reader'") && holds(sentence, "operator");
    };
    CHECK(refused([&] { memory.create_collection(reader, {"x", "y"}); }));
    CHECK(refused([&] { memory.update_collection_description(reader, {"c", "y"}); }));
    CHECK(refused([&] { memory.ingest_text(reader, {.content = "t", .collection = "c"}); }));
    CHECK(refused([&] { memory.ingest_file(reader, {.path = "a", .collection = "c"}); }));
    CHECK(refused([&] { memory.ingest_directory(reader, {.path = ".", .collection = "c"}); }));
    CHECK(refused([&] { memory.ingest_url(reader, {.url = "http://x/", .collection = "c"}); }));
    CHECK(refused([&] { memory.update_document(reader, {.document_id = id, .title = "t"}); }));
    CHECK(refused([&] { memory.delete_document(reader, id); }));
    CallContext writer = world.context;
    writer.caller.role = Role::writer;
    CHECK(holds(error_of([&] { memory.delete_collection(writer, "c"); }), "'admin'"));
}

TEST_CASE("access: what a caller may not see does not exist for them") {
    World world;
    world.memory().create_collection(world.context, {"hidden", "d"});
    const DocumentId id = world.add("Secret boats.", "S", Metadata::object(), "hidden").document_id;
    world.add("Open boats.", "O");
    CallContext limited = world.context;
    limited.caller.collections = {"c"};
    memory::Memory& memory = world.memory();
    CHECK(memory.list_collections(limited).size() == 1);
    CHECK(error_of([&] { memory.get_collection_info(limited, "hidden"); }) ==
          "Collection 'hidden' not found");
    CHECK(error_of([&] { memory.get_document(limited, {.document_id = id}); }) ==
          "Document " + std::to_string(id) + " not found");
    CHECK(error_of([&] { memory.delete_document(limited, id); }) ==
          "Document " + std::to_string(id) + " not found");
    CHECK(memory.list_documents(limited, {}).total_count == 1);
    SearchQuery query;
    query.text = "boats";
    CHECK(memory.search(limited, query).hits.size() == 1);
    query.collection = "hidden";
    CHECK(error_of([&] { memory.search(limited, query); }) == "Collection 'hidden' not found");
    CHECK(holds(
        error_of([&] { memory.ingest_text(limited, {.content = "x", .collection = "hidden"}); }),
        "does not exist. Create it first using create_collection('hidden', 'description')."));
    CHECK(holds(error_of([&] { memory.create_collection(limited, {"hidden", "d"}); }), "limited"));
}

TEST_CASE("collections: names and descriptions are checked") {
    World world;
    memory::Memory& memory = world.memory();
    const auto error = [&](const std::string& name, const std::string& description) {
        return error_of([&] { memory.create_collection(world.context, {name, description}); });
    };
    CHECK(error("c", "again") == "Collection 'c' already exists");
    CHECK(holds(error("", "d"), "name"));
    CHECK(holds(error("a\x07", "d"), "control"));
    CHECK(holds(error("a\xC2\x85", "d"), "control"));
    CHECK(holds(error(std::string(256, 'a'), "d"), "255"));
    CHECK(error(std::string(255, 'a'), "d") == "");
    CHECK(holds(error("x", " \n\t"), "description"));
    CHECK(error_of([&] { memory.update_collection_description(world.context, {"no", "d"}); }) ==
          "Collection 'no' not found");
}
