// On the real kernel, in a folder of the test's own.
#include "watch/inotify_watcher.hpp"

#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

using namespace rag;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

using Names = std::set<std::string>;

constexpr auto answer_timeout = 10s;

/// A watched folder; paths are relative to it.
struct Folder {
    test::TempDir dir;
    watch::InotifyWatcher watcher;

    Folder() { CHECK(watch() == WatchOutcome::watched); }

    std::string path(const std::string& name) const {
        return name.empty() ? dir.path().string() : dir.file(name);
    }
    WatchOutcome watch(const std::string& name = "") { return watcher.watch(path(name)); }
    void write(const std::string& name, const std::string& content = "x") const {
        std::ofstream(path(name)) << content;
    }
    /// What was touched until the queue is empty, after at least one thing was.
    Names touched() {
        Names names;
        auto patience = std::chrono::milliseconds(answer_timeout);
        for (FolderChanges changes = watcher.wait({}, patience); !changes.touched.empty();
             changes = watcher.wait({}, 0ms)) {
            for (const std::string& touched : changes.touched) {
                names.insert(touched == path("") ? "" : touched.substr(path("").size() + 1));
            }
        }
        return names;
    }
};

}  // namespace

TEST_CASE("inotify: tells what is written, renamed, removed, made and linked") {
    Folder folder;
    folder.write("a.md");
    CHECK(folder.touched() == Names{"a.md"});
    fs::rename(folder.path("a.md"), folder.path("b.md"));
    CHECK(folder.touched() == Names{"a.md", "b.md"});
    fs::remove(folder.path("b.md"));
    CHECK(folder.touched() == Names{"b.md"});
    fs::create_directory(folder.path("new"));
    CHECK(folder.touched() == Names{"new"});
    fs::create_symlink("/etc/hostname", folder.path("link.md"));
    CHECK(folder.touched() == Names{"link.md"});
    folder.write("new/deep.md");
    CHECK(folder.watcher.wait({}, 0ms).touched.empty());  // Below, in a folder not watched.
}

TEST_CASE("inotify: a file is told when its writer closes it, not for each piece written") {
    Folder folder;
    const int file = open(folder.path("log.md").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    CHECK(folder.touched() == Names{"log.md"});  // It was made.
    REQUIRE(write(file, "piece", 5) == 5);
    CHECK(folder.watcher.wait({}, 0ms).touched.empty());
    close(file);
    CHECK(folder.touched() == Names{"log.md"});
}

TEST_CASE("inotify: a renamed folder is watched under its new name, once it is watched again") {
    Folder folder;
    fs::create_directories(folder.path("old/deep"));
    CHECK(folder.watch("old") == WatchOutcome::watched);
    CHECK(folder.watch("old/deep") == WatchOutcome::watched);
    folder.touched();
    fs::rename(folder.path("old"), folder.path("new"));
    CHECK(folder.touched() == Names{"old", "new"});
    CHECK(folder.watch("new") == WatchOutcome::watched);
    CHECK(folder.watch("new/deep") == WatchOutcome::watched);
    folder.write("new/deep/a.md");
    CHECK(folder.touched() == Names{"new/deep/a.md"});
}

TEST_CASE("inotify: a folder watched again before its renaming was told goes by its new name") {
    Folder folder;
    fs::create_directory(folder.path("old"));
    CHECK(folder.watch("old") == WatchOutcome::watched);
    folder.touched();
    fs::rename(folder.path("old"), folder.path("new"));
    CHECK(folder.watch("new") == WatchOutcome::watched);
    // Whatever the queue still says of the old name, the folder is told so that it is watched.
    CHECK(folder.touched().contains("new"));
    CHECK(folder.watch("new") == WatchOutcome::watched);
    folder.write("new/a.md");
    CHECK(folder.touched() == Names{"new/a.md"});
}

TEST_CASE("inotify: a watched folder that goes is told, and another one takes its place") {
    Folder folder;
    fs::create_directory(folder.path("sub"));
    CHECK(folder.watch("sub") == WatchOutcome::watched);
    folder.touched();
    fs::remove(folder.path("sub"));
    CHECK(folder.touched() == Names{"sub"});
    CHECK(folder.watch("sub") == WatchOutcome::gone);
    folder.write("sub");
    folder.touched();
    CHECK(folder.watch("sub") == WatchOutcome::gone);
    fs::remove(folder.path("sub"));
    fs::create_directory(folder.path("sub"));
    folder.touched();
    CHECK(folder.watch("sub") == WatchOutcome::watched);
    folder.write("sub/a.md");
    CHECK(folder.touched() == Names{"sub/a.md"});
}

TEST_CASE("inotify: the folder itself being moved away is told") {
    const test::TempDir dir;
    fs::create_directory(dir.file("docs"));
    watch::InotifyWatcher watcher;
    CHECK(watcher.watch(dir.file("docs")) == WatchOutcome::watched);
    fs::rename(dir.file("docs"), dir.file("elsewhere"));
    CHECK(watcher.wait({}, answer_timeout).touched == std::vector{dir.file("docs")});
}

TEST_CASE("inotify: more changes than the kernel's queue holds are told as lost") {
    Folder folder;
    std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
    int queued_max = 0;
    limit >> queued_max;
    REQUIRE(queued_max > 0);
    // Two names in turn, because the kernel joins equal changes that follow each other.
    for (int i = 0; i < queued_max; ++i) {
        folder.write(i % 2 == 0 ? "a.md" : "b.md");
    }
    bool lost = false;
    for (FolderChanges changes = folder.watcher.wait({}, answer_timeout);
         !changes.touched.empty() || changes.lost; changes = folder.watcher.wait({}, 0ms)) {
        lost = lost || changes.lost;
    }
    CHECK(lost);
    folder.write("c.md");
    CHECK(folder.touched() == Names{"c.md"});
}

TEST_CASE("inotify: a request to stop ends the wait") {
    Folder folder;
    std::stop_source stop;
    std::jthread asks([&] { stop.request_stop(); });
    CHECK(folder.watcher.wait(stop.get_token(), 10min).touched.empty());
}
