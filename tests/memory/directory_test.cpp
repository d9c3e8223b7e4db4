#include "memory/world.hpp"

#include "memory/directory_plan.hpp"
#include "memory/directory_walk.hpp"

#include <fstream>
#include <set>

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

TEST_CASE("ingest_directory: prune removes what came from this folder and is gone, nothing else") {
    World world;
    world.write_file("docs/gone.md", "Gone gulls.");
    world.write_file("docs/linked.md", "Linked larks.");
    world.write_file("docs/page.html", "<p>Of another extension.</p>");
    world.write_file("docs/now-ignored.md", "Ignored ibises.");
    world.write_file("docs/b\xFFy.md", "A name that is not UTF-8.");
    world.write_file("docs2/other.md", "Of another root.");
    for (const char* path : {"docs/page.html", "docs2/other.md"}) {
        world.memory().ingest_file(world.context, {.path = path, .collection = "c"});
    }
    memory::IngestDirectory request = folder("docs");
    request.recursive = true;
    request.prune = true;
    CHECK(world.memory().ingest_directory(world.context, request).files_removed == 0);
    std::filesystem::remove(world.dir.path() / "docs/gone.md");
    std::filesystem::remove(world.dir.path() / "docs2/other.md");
    std::filesystem::rename(world.dir.path() / "docs/linked.md", world.dir.path() / "aside.md");
    std::filesystem::create_symlink(world.dir.path() / "aside.md",
                                    world.dir.path() / "docs/linked.md");
    world.write_file("docs/.ragignore", "now-ignored.md");
    const auto report = world.memory().ingest_directory(world.context, request);
    CHECK(report.files_removed == 2);
    CHECK(report.files_unchanged == 1);
    std::set<std::string> names;
    for (const auto& document : world.memory().list_documents(world.context, {}).documents) {
        names.insert(document.filename);
    }
    CHECK(names == std::set<std::string>{"aside.md", "b\xEF\xBF\xBDy.md", "now-ignored.md",
                                         "other.md", "page.html"});
}

TEST_CASE("ingest_directory: prune counts a folder that is closed to us as there") {
    World world;
    world.write_file("docs/closed/a.md", "Alpha anchors.");
    world.write_file("docs/b.md", "Bravo bridges.");
    memory::IngestDirectory request = folder("docs");
    request.recursive = true;
    request.prune = true;
    CHECK(world.memory().ingest_directory(world.context, request).files_ingested == 2);
    const std::filesystem::path closed = world.dir.path() / "docs/closed";
    std::filesystem::permissions(closed, std::filesystem::perms::none);
    CHECK(world.memory().ingest_directory(world.context, request).files_removed == 0);
    std::filesystem::permissions(closed, std::filesystem::perms::owner_all);
    CHECK(world.memory().list_documents(world.context, {}).total_count == 2);
}

TEST_CASE("ingest_directory: a document that is also in a collection closed to us is not pruned") {
    World world;
    world.memory().create_collection(world.context, {"closed", "d"});
    world.write_file("docs/a.md", "Alpha anchors.");
    const auto shared =
        world.memory().ingest_file(world.context, {.path = "docs/a.md", .collection = "c"});
    world.store.share(shared.document_id, "closed");
    std::filesystem::remove(world.dir.path() / "docs/a.md");
    memory::IngestDirectory request = folder("docs");
    request.prune = true;
    CallContext narrow = world.context;
    narrow.caller.role = Role::writer;
    narrow.caller.collections = {"c"};
    CHECK(world.memory().ingest_directory(narrow, request).files_removed == 0);
    CHECK(world.memory().ingest_directory(world.context, request).files_removed == 1);
}

TEST_CASE("estimate: it counts what would be taken in, and changes nothing") {
    World world;
    world.write_file("docs/same.md", "Same swans.");
    world.write_file("docs/changed.md", "Old owls.");
    world.write_file("docs/gone.md", "Gone gulls.");
    memory::IngestDirectory request = folder("docs");
    request.prune = true;
    world.memory().ingest_directory(world.context, request);
    world.write_file("docs/changed.md", "New newts.");
    world.write_file("docs/new.md", "# Title\n\nTwelve chars and some.");
    world.write_file("docs/empty.md", "");
    std::filesystem::remove(world.dir.path() / "docs/gone.md");
    const auto estimate = world.memory().estimate_directory(world.context, request,
                                                            memory::MissingCollection::is_an_error);
    CHECK(estimate.files_found == 4);
    CHECK(estimate.files_new == 1);
    CHECK(estimate.files_changed == 1);
    CHECK(estimate.files_unchanged == 1);
    CHECK(estimate.files_failed == 1);
    CHECK(estimate.files_removed == 1);
    CHECK(estimate.bytes == 41);
    CHECK(estimate.chunks == 2);
    CHECK(estimate.tokens >= 10);
    CHECK(estimate.tokens <= 30);
    CHECK(world.memory().list_documents(world.context, {}).total_count == 3);
    request.collection = "not there";
    const auto empty = world.memory().estimate_directory(world.context, request,
                                                         memory::MissingCollection::is_empty);
    CHECK(empty.files_new == 3);
    CHECK(holds(error_of([&] {
                    world.memory().estimate_directory(world.context, request,
                                                      memory::MissingCollection::is_an_error);
                }),
                "does not exist"));
}

TEST_CASE("estimate: tokens are about a quarter of the characters, and more in other scripts") {
    CHECK(memory::estimate_tokens("") == 0);
    CHECK(memory::estimate_tokens("four") == 1);
    CHECK(memory::estimate_tokens(std::string(4000, 'a')) == 1000);
    CHECK(memory::estimate_tokens("\u0434\u043E\u043C\u0430") == 2);
    CHECK(memory::estimate_tokens("\u6771\u4EAC") == 2);
}

TEST_CASE("ingest_directory: documents are taken in by their extensions, broken ones are named") {
    World world;
    world.write_file("docs/a.pdf", "%PDF-1.4\n# Page 1\n\nAlpha anchors.");
    world.write_file("docs/b.docx", "broken");
    world.write_file("docs/c.epub", "x\nBooks.");
    memory::IngestDirectory request = folder("docs");
    request.extensions = {".pdf", ".docx", "epub"};
    const auto report = world.memory().ingest_directory(world.context, request);
    CHECK(report.files_ingested == 2);
    REQUIRE(report.failed_files.size() == 1);
    CHECK(report.failed_files[0].error == "b.docx: The document is broken. Mend it.");
    CHECK(world.memory().ingest_directory(world.context, request).files_unchanged == 2);
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
