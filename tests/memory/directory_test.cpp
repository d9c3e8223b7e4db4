#include "memory/world.hpp"

#include "memory/directory_walk.hpp"

#include <fstream>

using namespace rag;
using rag::test::error_of;
using rag::test::holds;
using rag::test::World;

namespace {

memory::IngestDirectory folder(const std::string& path) {
    memory::IngestDirectory request;
    request.path = path;
    request.collection = "c";
    return request;
}

}  // namespace

TEST_CASE(
    "ingest_directory: one bad file does not stop the others; links that lead out have failed") {
    World world;
    world.write_file("docs/a.md", "Alpha anchors.");
    world.write_file("docs/b.txt", "Bravo bridges.");
    world.write_file("docs/c.html", "<p>Not asked for.</p>");
    world.write_file("docs/empty.txt", " ");
    world.write_file("docs/deep/d.md", "Delta deltas.");
    world.write_file("docs/.hidden.md", "hidden");
    world.write_file("docs/ignored.md", "ignored");
    world.write_file("docs/.gitignore", "ignored.md\n");
    std::filesystem::create_symlink("/etc/hostname", world.dir.path() / "docs/out.md");
    memory::IngestDirectory request = folder("docs");
    request.include_document_ids = true;
    const auto report = world.memory().ingest_directory(world.context, request);
    CHECK(report.files_found == 4);
    CHECK(report.files_ingested == 2);
    CHECK(report.files_failed == 2);
    CHECK(report.total_chunks == 2);
    CHECK(report.document_ids->size() == 2);
    REQUIRE(report.failed_files.size() == 2);
    CHECK(report.failed_files[0].filename == "empty.txt");
    CHECK(report.failed_files[1].filename == "out.md");
}

TEST_CASE("ingest_directory: again finds what changed, and prune lets go of what is gone") {
    World world;
    world.write_file("docs/a.md", "Alpha anchors.");
    world.write_file("docs/b.txt", "Bravo bridges.");
    world.write_file("docs/deep/d.md", "Delta deltas.");
    memory::IngestDirectory request = folder(world.root + "/docs");
    request.recursive = true;
    CHECK(world.memory().ingest_directory(world.context, request).files_ingested == 3);
    world.write_file("docs/a.md", "Alpha anchors and chains.");
    std::filesystem::remove(world.dir.path() / "docs/b.txt");
    std::filesystem::remove_all(world.dir.path() / "docs/deep");
    const auto kept = world.memory().ingest_directory(world.context, request);
    CHECK(kept.files_removed == 0);
    CHECK(kept.files_updated == 1);
    request.prune = true;
    request.recursive = false;
    const auto shallow = world.memory().ingest_directory(world.context, request);
    CHECK(shallow.files_removed == 1);
    CHECK(shallow.files_unchanged == 1);
    request.recursive = true;
    CHECK(world.memory().ingest_directory(world.context, request).files_removed == 1);
    CHECK(world.memory().list_documents(world.context, {}).total_count == 1);
}

TEST_CASE("ingest_directory: hidden files come in when asked for, secrets never") {
    World world;
    world.write_file("docs/.notes.md", "hidden notes");
    world.write_file("docs/.env.md", "SECRET=1");
    world.write_file("docs/.git/x.md", "internal");
    memory::IngestDirectory request = folder("docs");
    request.recursive = true;
    CHECK(world.memory().ingest_directory(world.context, request).files_found == 0);
    request.include_hidden = true;
    const auto report = world.memory().ingest_directory(world.context, request);
    CHECK(report.files_found == 1);
    CHECK(report.files_ingested == 1);
}

TEST_CASE("ingest_directory: what is wrong is said") {
    World world;
    world.write_file("docs/a.md", "a");
    const auto error = [&](const memory::IngestDirectory& request) {
        return error_of([&] { world.memory().ingest_directory(world.context, request); });
    };
    CHECK(error(folder("nowhere")) == "Directory not found: nowhere");
    CHECK(error(folder("docs/a.md")) == "Directory not found: docs/a.md");
    CHECK(holds(error(folder("/etc")), "ingest_text"));
    memory::IngestDirectory request = folder("docs");
    request.collection = "no";
    CHECK(holds(error(request), "Collection 'no' does not exist. Create it first"));
}

TEST_CASE("ingest_directory: a dead embedding service ends it after a few files, not after all") {
    World world;
    for (int i = 0; i < 20; ++i) {
        world.write_file("docs/" + std::to_string(i) + ".md", "text " + std::to_string(i));
    }
    int asked = 0;
    world.embedder.before_each = [&] {
        ++asked;
        throw Error(ErrorCode::unavailable, "Service X is down.");
    };
    CHECK(holds(error_of([&] { world.memory().ingest_directory(world.context, folder("docs")); }),
                "Service X is down."));
    CHECK(asked == 3);
    world.embedder.before_each = {};
    CHECK(world.memory().ingest_directory(world.context, folder("docs")).files_ingested == 20);
}

TEST_CASE("directory walk: ten thousand files come one at a time") {
    World world;
    std::filesystem::create_directories(world.dir.path() / "many");
    for (int i = 0; i < 10'000; ++i) {
        std::ofstream(world.dir.path() / "many" / (std::to_string(i) + ".md"));
    }
    const memory::FileAccess access({.allowed_roots = {{world.root}}, .working_dir = world.root});
    memory::DirectoryWalk walk(access, world.context.caller,
                               access.resolve(world.context.caller, "many"),
                               {.extensions = {"MD"}});
    int count = 0;
    while (walk.next(world.context)) {
        ++count;
    }
    CHECK(count == 10'000);
}
