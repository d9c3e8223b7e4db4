#include "memory/folder_world.hpp"

using namespace rag;
using rag::test::FolderWorld;
using rag::test::holds;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;
using Names = std::set<std::string>;

/// Long enough for what was touched to be looked at, much shorter than a look at everything.
constexpr auto soon = 2s;

}  // namespace

TEST_CASE("watch: first the collection is brought in step, and documents of gone files go") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.write("deep/b.md", "Bravo bridges.");
    folder.write("c.pdf", "not asked for");
    folder.watch_until(soon);
    CHECK(folder.take_changes() == Lines{"added a.md", "added deep/b.md"});
    REQUIRE(folder.in_step.size() == 1);
    CHECK(folder.in_step[0].files == 2);
    CHECK(folder.in_step[0].added == 2);
    folder.remove("a.md");
    folder.write("deep/b.md", "Bravo bridges and tunnels.");
    folder.watch_until(2 * soon);
    CHECK(folder.take_changes() == Lines{"updated deep/b.md", "removed a.md"});
    CHECK(folder.documents() == Names{"docs/deep/b.md"});
    CHECK(folder.notices.empty());
}

TEST_CASE("watch: an editor's save, a temporary file renamed over the old one, is one change") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.watcher.at(500ms, [&] {
        folder.write("a.md.tmp.md", "Alpha");
        return folder.touched({"a.md.tmp.md"});
    });
    folder.watcher.at(540ms, [&] {
        folder.write("a.md.tmp.md", "Alpha apples.");
        folder.rename("a.md.tmp.md", "a.md");
        return folder.touched({"a.md.tmp.md", "a.md.tmp.md", "a.md"});
    });
    folder.watcher.at(600ms, [&] { return folder.touched({"a.md"}); });
    folder.watch_until(soon);
    CHECK(folder.take_changes() == Lines{"added a.md", "updated a.md"});
    CHECK(folder.documents() == Names{"docs/a.md"});
}

TEST_CASE("watch: what is renamed leaves no document behind, be it a file or a folder") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.write("old/b.md", "Bravo bridges.");
    folder.write("old/deep/c.md", "Charlie chairs.");
    folder.watcher.at(500ms, [&] {
        folder.rename("a.md", "z.md");
        folder.rename("old", "new");
        return folder.touched({"a.md", "z.md", "old", "new"});
    });
    folder.watch_until(soon);
    CHECK(folder.documents() == Names{"docs/z.md", "docs/new/b.md", "docs/new/deep/c.md"});
    CHECK(folder.watcher.watched.contains(folder.path("new/deep")));
}

TEST_CASE("watch: a new folder is watched before it is listed, and all below it is found") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.watcher.at(500ms, [&] {
        folder.write("new/deep/b.md", "Written before anybody could watch.");
        return folder.touched({"new"});
    });
    folder.watch_until(soon);
    CHECK(folder.documents() == Names{"docs/a.md", "docs/new/deep/b.md"});
    CHECK(folder.watcher.watched ==
          Names{folder.folder.path, folder.path("new"), folder.path("new/deep")});
}

TEST_CASE("watch: changes that were lost are found by looking at everything") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.write("b.md", "Bravo bridges.");
    folder.watcher.at(500ms, [&] {
        folder.remove("a.md");
        folder.write("b.md", "Bravo bridges and tunnels.");
        folder.write("c.md", "Charlie chairs.");
        return FolderChanges{.touched = {}, .lost = true};
    });
    folder.watch_until(soon);
    CHECK(folder.documents() == Names{"docs/b.md", "docs/c.md"});
    CHECK(folder.take_changes() ==
          Lines{"added a.md", "added b.md", "updated b.md", "added c.md", "removed a.md"});
}

TEST_CASE("watch: what is lost while everything is looked at makes it be looked at again") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.write("b.md", "Bravo bridges.");
    folder.watcher.at(0ms, [&] {
        CHECK(folder.documents() == Names{"docs/a.md"});
        folder.write("a.md", "Alpha apples.");
        return FolderChanges{.touched = {}, .lost = true};
    });
    folder.watch_until(soon);
    CHECK(folder.take_changes() == Lines{"added a.md", "added b.md", "updated a.md"});
}

TEST_CASE("watch: what no watcher tells is found by looking at everything now and then") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.watcher.at(500ms, [&] {
        folder.write("b.md", "From another machine.");
        return FolderChanges{};
    });
    folder.watcher.at(memory::FolderWatch::look_pause - 1s, [&] {
        CHECK(folder.documents() == Names{"docs/a.md"});
        return FolderChanges{};
    });
    folder.watch_until(memory::FolderWatch::look_pause + 1s);
    CHECK(folder.documents() == Names{"docs/a.md", "docs/b.md"});
}

TEST_CASE("watch: folders that cannot be watched are looked at instead, and that is said once") {
    FolderWorld folder;
    folder.watcher.refuses = true;
    folder.write("a.md", "Alpha anchors.");
    for (int i = 1; i < 4; ++i) {
        folder.watcher.at(i * memory::FolderWatch::look_pause_unwatched - 1s, [&folder, i] {
            folder.write(std::to_string(i) + ".md", "text " + std::to_string(i));
            return FolderChanges{};
        });
    }
    folder.watch_until(3 * memory::FolderWatch::look_pause_unwatched + 1s);
    CHECK(folder.documents() == Names{"docs/a.md", "docs/1.md", "docs/2.md", "docs/3.md"});
    CHECK(folder.notices ==
          Lines{"The kernel refuses. Until then everything is looked at every 10 s."});
}

TEST_CASE("watch: ignore files count, also when they change; .ragignore has the last word") {
    FolderWorld folder;
    folder.write(".gitignore", "build/\nnotes.md\n");
    folder.write(".ragignore", "!notes.md\n");
    folder.write("notes.md", "Kept out of git, wanted here.");
    folder.write("build/x.md", "Made by a program.");
    folder.write("drafts/y.md", "Not finished.");
    folder.watch_until(soon);
    CHECK(folder.documents() == Names{"docs/notes.md", "docs/drafts/y.md"});
    CHECK_FALSE(folder.watcher.watched.contains(folder.path("build")));
    folder.watcher.at(soon + 500ms, [&] {
        folder.write(".gitignore", "notes.md\n");
        folder.write(".ragignore", "drafts/\n");
        return folder.touched({".gitignore", ".ragignore"});
    });
    folder.watch_until(2 * soon);
    CHECK(folder.documents() == Names{"docs/build/x.md"});
    CHECK(folder.watcher.watched.contains(folder.path("build")));
}

TEST_CASE("watch: documents of other files of the folder, and of other folders, stay") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.write("page.html", "<p>Taken in by another call.</p>");
    folder.world.write_file("docs2/b.md", "Bravo bridges.");
    for (const char* path : {"docs/page.html", "docs2/b.md"}) {
        folder.world.memory().ingest_file(folder.world.context, {.path = path, .collection = "c"});
    }
    std::filesystem::remove(folder.world.root + "/docs2/b.md");
    folder.watcher.at(500ms, [&] {
        FolderChanges told = folder.touched({"page.html"});
        told.touched.push_back(folder.world.root + "/docs2/b.md");
        told.touched.push_back(folder.folder.path);
        return told;
    });
    folder.watch_until(soon);
    CHECK(folder.documents() == Names{"docs/a.md", "docs/page.html", "docs2/b.md"});
}

TEST_CASE("watch: a store that does not answer is waited for, and nothing is lost") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.write("b.md", "Bravo bridges.");
    folder.watcher.at(500ms, [&] {
        folder.world.store.before_each = [] {
            throw Error(ErrorCode::unavailable, "The database does not answer.");
        };
        folder.write("c.md", "Charlie chairs.");
        folder.remove("a.md");
        return folder.touched({"c.md", "a.md"});
    });
    folder.watcher.at(3s, [&] {
        folder.write("b.md", "Bravo bridges and tunnels.");
        return folder.touched({"b.md"});
    });
    folder.watcher.at(20s, [&] {
        folder.world.store.before_each = {};
        return FolderChanges{};
    });
    folder.watch_until(60s);
    CHECK(folder.documents() == Names{"docs/b.md", "docs/c.md"});
    CHECK(folder.take_changes().size() == 5);
    REQUIRE(folder.notices.size() == 2);
    CHECK(holds(folder.notices[0], "The database does not answer. Trying again"));
    CHECK(folder.notices[1] == "Works again.");
}

TEST_CASE("watch: a dead embedding service is waited for, also at the very beginning") {
    FolderWorld folder;
    for (int i = 0; i < 9; ++i) {
        folder.write(std::to_string(i) + ".md", "text " + std::to_string(i));
    }
    int asked = 0;
    folder.world.embedder.before_each = [&] {
        ++asked;
        throw Error(ErrorCode::unavailable, "Service X is down.");
    };
    folder.watcher.at(500ms, [&] {
        CHECK(asked == 3);
        return FolderChanges{};
    });
    folder.watcher.at(5s, [&] {
        folder.world.embedder.before_each = {};
        return FolderChanges{};
    });
    folder.watch_until(120s);
    CHECK(folder.documents().size() == 9);
    CHECK(folder.in_step.size() == 1);
}

TEST_CASE("watch: a file that fails is told once, and the others come in") {
    FolderWorld folder;
    folder.write("a.md", " ");
    folder.write("b.md", "Bravo bridges.");
    folder.watcher.at(2 * memory::FolderWatch::look_pause + 1s, [&] {
        folder.write("a.md", "Alpha anchors.");
        return folder.touched({"a.md"});
    });
    folder.watch_until(3 * memory::FolderWatch::look_pause);
    REQUIRE(folder.changes.size() == 3);
    CHECK(holds(folder.changes[0], "failed a.md: File a.md is empty"));
    CHECK(folder.changes[1] == "added b.md");
    CHECK(folder.changes[2] == "added a.md");
    CHECK(folder.in_step[0].failed == 1);
}

TEST_CASE("watch: looking at everything again asks the store for nothing about unchanged files") {
    FolderWorld folder;
    for (int i = 0; i < 100; ++i) {
        folder.write(std::to_string(i) + ".md", "text " + std::to_string(i));
    }
    int asked = 0;
    folder.watcher.at(1s, [&] {
        folder.world.store.before_each = [&] { ++asked; };
        return FolderChanges{.touched = {}, .lost = true};
    });
    folder.watch_until(soon);
    CHECK(asked < 10);
    CHECK(asked > 0);
}

TEST_CASE("watch: a document that somebody deleted comes back while its file is there") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.watcher.at(1s, [&] {
        const auto list = folder.world.memory().list_documents(folder.world.context, {});
        folder.world.memory().delete_document(folder.world.context, list.documents.at(0).id);
        return FolderChanges{};
    });
    folder.watch_until(3 * memory::FolderWatch::look_pause);
    CHECK(folder.take_changes() == Lines{"added a.md", "added a.md"});
}

TEST_CASE("watch: a folder that goes away takes no document along, and is taken up when back") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.watcher.at(500ms, [&] {
        std::filesystem::rename(folder.folder.path, folder.folder.path + "-elsewhere");
        return FolderChanges{.touched = {folder.folder.path}, .lost = false};
    });
    folder.watcher.at(4s, [&] {
        CHECK(folder.documents() == Names{"docs/a.md"});
        std::filesystem::rename(folder.folder.path + "-elsewhere", folder.folder.path);
        folder.write("b.md", "Bravo bridges.");
        return FolderChanges{};
    });
    folder.watch_until(8s);
    CHECK(folder.documents() == Names{"docs/a.md", "docs/b.md"});
    REQUIRE(folder.notices.size() == 1);
    CHECK(holds(folder.notices[0], "is gone; its documents stay"));
}

TEST_CASE("watch: a folder that is empty all at once keeps its documents, and that is said") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.watch_until(soon);
    folder.remove("a.md");
    folder.watch_until(2 * soon);
    CHECK(folder.documents() == Names{"docs/a.md"});
    REQUIRE(folder.notices.size() == 1);
    CHECK(holds(folder.notices[0], "No file is found in 'docs', but 1 documents came from it"));
    folder.watcher.at(2 * soon + 500ms, [&] { return folder.touched({"a.md"}); });
    folder.watch_until(3 * soon);
    CHECK(folder.documents().empty());
}

TEST_CASE("watch: a folder whose every file is ignored keeps no document") {
    FolderWorld folder;
    folder.write("drafts/a.md", "Alpha anchors.");
    folder.watcher.at(500ms, [&] {
        folder.write(".ragignore", "drafts/\n");
        return folder.touched({".ragignore"});
    });
    folder.watch_until(soon);
    CHECK(folder.documents().empty());
    CHECK(folder.notices.empty());
}

TEST_CASE("watch: it ends with a sentence when its collection is gone") {
    FolderWorld folder;
    folder.write("a.md", "Alpha anchors.");
    folder.watcher.at(500ms, [&] {
        CallContext admin = folder.world.context;
        admin.caller.role = Role::admin;
        folder.world.memory().delete_collection(admin, "c");
        return folder.touched({"a.md"});
    });
    CHECK(holds(rag::test::error_of([&] { folder.watch_until(soon); }), "does not exist"));
}
