#include "memory/world.hpp"

#include <thread>

using namespace rag;
using memory::IngestStatus;
using rag::test::error_of;
using rag::test::holds;
using rag::test::World;

TEST_CASE(
    "ingest_text: the same title and content is stored once, other content is a new document") {
    World world;
    const auto first = world.add("Boats are blue.", "Boats");
    CHECK(first.status == IngestStatus::created);
    CHECK(first.num_chunks == 1);
    const auto again = world.add("Boats are blue.", "Boats");
    CHECK(again.status == IngestStatus::unchanged);
    CHECK(again.document_id == first.document_id);
    const auto other = world.add("Boats are red.", "Boats");
    CHECK(other.status == IngestStatus::created);
    CHECK(other.document_id != first.document_id);
    const auto merged = world.add("Boats are blue.", "Boats", {{"k", 1}});
    CHECK(merged.status == IngestStatus::updated);
    CHECK(merged.document_id == first.document_id);
    CHECK(world.add("Boats are blue.", "Boats", {{"k", 1}}).status == IngestStatus::unchanged);
}

TEST_CASE(
    "ingest_text: without a title a name is made from the time, and the content is the identity") {
    World world;
    const auto first = world.add("Untitled.");
    CHECK(first.filename.starts_with("Agent-Text-20"));
    CHECK(first.filename.ends_with("Z"));
    CHECK(world.add("Untitled.").document_id == first.document_id);
    CHECK(world.add("Untitled.", "Named").document_id != first.document_id);
}

TEST_CASE("ingest_text: mode replace makes a new version of the newest text of the title") {
    World world;
    const auto first = world.add("Plan A.", "Plan", {{"k", 1}});
    memory::IngestText request{.content = "Plan B.", .collection = "c", .title = "Plan"};
    request.mode = memory::TextMode::replace;
    request.include_chunk_ids = true;
    const auto second = world.memory().ingest_text(world.context, request);
    CHECK(second.status == IngestStatus::updated);
    CHECK(second.document_id == first.document_id);
    REQUIRE(second.chunk_ids);
    CHECK(second.chunk_ids->size() == 1);
    CHECK(world.memory().ingest_text(world.context, request).status == IngestStatus::unchanged);
    const auto view =
        world.memory().get_document(world.context, {.document_id = first.document_id});
    CHECK(view.document.version == 2);
    CHECK(view.document.metadata == Metadata{{"k", 1}});
}

TEST_CASE("ingest_text: what is wrong is said") {
    World world;
    CHECK(holds(error_of([&] { world.add(" \n\t"); }), "content"));
    CHECK(error_of([&] { world.add("x", "t", Metadata::object(), "no"); }) ==
          "Collection 'no' does not exist. Create it first using create_collection('no', "
          "'description').");
    CHECK(holds(error_of([&] { world.add("x", std::string(1001, 'a')); }), "document_title"));
    CHECK(holds(error_of([&] { world.add("x", "t", {{"k", std::string(300 * 1024, 'a')}}); }),
                "metadata"));
}

TEST_CASE("ingest_text: a collection of another model is refused with both named and the way out") {
    World world;
    world.store.set_space("c", {"openai/text-embedding-3-small", 1536});
    const std::string sentence = error_of([&] { world.add("x"); });
    CHECK(holds(sentence, "openai/text-embedding-3-small"));
    CHECK(holds(sentence, "test/stems"));
    CHECK(holds(sentence, "rag reindex c"));
}

TEST_CASE("ingest_text: many at once store the same text once") {
    World world;
    const auto other = world.make();
    std::vector<std::thread> threads;
    std::vector<DocumentId> ids(8);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        threads.emplace_back([&, i] {
            memory::Memory& memory = i % 2 == 0 ? world.memory() : *other;
            CallContext context = world.context;
            context.caller.principal = "p" + std::to_string(i);
            ids[i] = memory
                         .ingest_text(context,
                                      {.content = "Same text.", .collection = "c", .title = "Same"})
                         .document_id;
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (const DocumentId id : ids) {
        CHECK(id == ids[0]);
    }
    CHECK(world.memory().list_documents(world.context, {}).total_count == 1);
}

TEST_CASE("ingest_text: progress grows from the start to the end") {
    World world;
    std::string content;
    for (int i = 0; i < 400; ++i) {
        content += "# Heading " + std::to_string(i) + "\n\n" +
                   std::string(1500, static_cast<char>('a' + i % 26)) + "\n\n";
    }
    std::vector<double> done;
    world.context.on_progress = [&](const Progress& progress) { done.push_back(progress.done); };
    world.add(content, "Long");
    REQUIRE(done.size() > 2);
    CHECK(done.front() == 0);
    for (std::size_t i = 1; i < done.size(); ++i) {
        CHECK(done[i] > done[i - 1]);
    }
}

TEST_CASE("ingest_file: the same path is unchanged, or a new version with its metadata kept") {
    World world;
    world.write_file("notes.md", "# Notes\n\nHerons nest here.");
    memory::IngestFile request{.path = "notes.md", .collection = "c", .metadata = {{"k", 1}}};
    const auto first = world.memory().ingest_file(world.context, request);
    CHECK(first.status == IngestStatus::created);
    CHECK(first.filename == "notes.md");
    CHECK(first.file_type == "md");
    request.path = world.root + "/./notes.md";
    request.metadata = Metadata::object();
    CHECK(world.memory().ingest_file(world.context, request).status == IngestStatus::unchanged);
    world.write_file("notes.md", "# Notes\n\nKingfishers nest here.");
    request.metadata = {{"season", "spring"}};
    const auto second = world.memory().ingest_file(world.context, request);
    CHECK(second.status == IngestStatus::updated);
    CHECK(second.document_id == first.document_id);
    const auto view =
        world.memory().get_document(world.context, {.document_id = first.document_id});
    CHECK(view.document.version == 2);
    CHECK(view.document.metadata.at("k") == 1);
    CHECK(view.document.metadata.at("season") == "spring");
    CHECK(view.document.metadata.at("file_path") == world.root + "/notes.md");
    CHECK(view.document.metadata.at("file_type") == "md");
}

TEST_CASE(
    "ingest_file: the text of a document is stored with its pages and what it says of itself") {
    World world;
    world.write_file("a.pdf",
                     "%PDF-1.4\n# Page 1\n\nHerons nest.\n\n# Page 2\n\n" + std::string(2000, 'x'));
    const memory::IngestFile request{.path = "a.pdf", .collection = "c"};
    const auto first = world.memory().ingest_file(world.context, request);
    CHECK(world.documents.last == DocumentType::pdf);
    CHECK(first.file_type == "pdf");
    CHECK(first.filename == "a.pdf");
    const auto view = world.memory().get_document(
        world.context, {.document_id = first.document_id, .include_chunks = true});
    CHECK(view.document.metadata.at("author") == "Ida");
    CHECK(view.document.metadata.at("title") == "Title");
    REQUIRE(view.chunks->size() == 2);
    CHECK((*view.chunks)[0].heading_path == "Page 1");
    CHECK((*view.chunks)[0].metadata == Metadata{{"page", 1}});
    CHECK((*view.chunks)[1].metadata == Metadata{{"page", 2}});
    CHECK(world.memory().ingest_file(world.context, request).status == IngestStatus::unchanged);
    world.write_file("a.pdf", "%PDF-1.4\n# Page 1\n\nKingfishers nest.");
    CHECK(world.memory().ingest_file(world.context, request).status == IngestStatus::updated);
    memory::UpdateDocument update{.document_id = first.document_id};
    update.content = "# Page 7\n\nOnly this page.";
    world.memory().update_document(world.context, update);
    const auto again = world.memory().get_document(
        world.context, {.document_id = first.document_id, .include_chunks = true});
    CHECK(again.chunks->at(0).metadata == Metadata{{"page", 7}});
}

TEST_CASE("ingest_file: a document that cannot be read is named with the reason") {
    World world;
    world.write_file("b.docx", "broken");
    const std::string sentence = error_of(
        [&] { world.memory().ingest_file(world.context, {.path = "b.docx", .collection = "c"}); });
    CHECK(sentence == "b.docx: The document is broken. Mend it.");
    CHECK(world.documents.last == DocumentType::docx);
    world.write_file("c.png", "\x89PNG\r\n");
    CHECK(holds(error_of([&] {
                    world.memory().ingest_file(world.context, {.path = "c.png", .collection = "c"});
                }),
                "image/png"));
}

TEST_CASE("ingest_file: roots come first, then the file, then the collection") {
    World world;
    const auto error = [&](const std::string& path, const std::string& collection) {
        return error_of([&] {
            world.memory().ingest_file(world.context, {.path = path, .collection = collection});
        });
    };
    CHECK(holds(error("/etc/passwd", "no"), "ingest_text"));
    CHECK(error("missing.md", "no") == "File not found: missing.md");
    world.write_file("there.md", "text");
    CHECK(holds(error("there.md", "no"), "Collection 'no' does not exist."));
    world.write_file("empty.txt", " \n");
    CHECK(holds(error("empty.txt", "c"), "empty.txt"));
}
