// The watching memory on the real kernel: whatever happens to a folder, in the end the collection
// holds what the folder holds.
#include "memory/world.hpp"
#include "watch/inotify_watcher.hpp"

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <random>
#include <set>
#include <thread>

using namespace rag;
using rag::test::World;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

using Names = std::set<std::string>;

constexpr auto patience = 20s;

/// A folder "docs" that is watched from the beginning to the end of this.
class LiveFolder {
public:
    LiveFolder() {
        fs::create_directories(path(""));
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

    std::string path(const std::string& name) const { return world.root + "/docs/" + name; }
    void write(const std::string& name, const std::string& content) {
        world.write_file("docs/" + name, content);
    }

    /// Whether the documents become the files of the folder, each with what its file holds.
    bool gets_in_step() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return documents() == files(); });
    }
    bool comes_to(const Names& names) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] {
            Names found;
            for (const auto& [name, content] : documents()) {
                found.insert(name);
            }
            return found == names;
        });
    }

    World world;

private:
    using Contents = std::map<std::string, std::string>;

    void run(const std::stop_token& stop) {
        memory::WatchListener listener;
        listener.on_change = [this](const memory::FolderChange&) { tell(); };
        listener.on_in_step = [this](const memory::FolderSummary&) { tell(); };
        listener.on_notice = [](const std::string&) {};
        CallContext context = world.context;
        context.stop = stop;
        memory::IngestDirectory request;
        request.path = "docs";
        request.collection = "c";
        request.recursive = true;
        watch::InotifyWatcher watcher;
        world.memory().watch_directory(context, request, watcher, listener);
    }
    void tell() {
        const std::scoped_lock lock(mutex_);
        changed_.notify_all();
    }
    Contents documents() {
        Contents contents;
        const memory::DocumentList list =
            world.memory().list_documents(world.context, {.limit = 200});
        for (const DocumentSummary& document : list.documents) {
            memory::GetDocument request;
            request.document_id = document.id;
            const std::string file = document.metadata.at("file_path").get<std::string>();
            try {
                contents[file.substr(path("").size())] =
                    world.memory().get_document(world.context, request).document.content;
            } catch (const Error&) {
                continue;  // Removed meanwhile.
            }
        }
        return contents;
    }
    Contents files() const {
        Contents contents;
        for (const auto& entry : fs::recursive_directory_iterator(path(""))) {
            if (entry.is_regular_file()) {
                std::ifstream file(entry.path());
                contents[entry.path().string().substr(path("").size())] =
                    std::string(std::istreambuf_iterator<char>(file), {});
            }
        }
        return contents;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::jthread thread_;
};

}  // namespace

TEST_CASE("live folder: files in folders that appear while one looks are found") {
    LiveFolder folder;
    for (int i = 0; i < 40; ++i) {
        const std::string name = std::to_string(i);
        folder.write(name + "/a/b/" + name + ".md", "Text number " + name);
    }
    CHECK(folder.gets_in_step());
    fs::rename(folder.path("7"), folder.path("seven"));
    folder.write("seven/a/b/new.md", "Written under the new name.");
    CHECK(folder.gets_in_step());
    fs::remove_all(folder.path("seven"));
    CHECK(folder.gets_in_step());
}

TEST_CASE("live folder: ignore files count from the moment that they are written") {
    LiveFolder folder;
    folder.write("a.md", "Alpha anchors.");
    folder.write("build/b.md", "Bravo bridges.");
    CHECK(folder.comes_to({"a.md", "build/b.md"}));
    folder.write(".gitignore", "build/\n");
    CHECK(folder.comes_to({"a.md"}));
    folder.write("build/c.md", "Charlie chairs.");
    fs::remove(folder.path(".gitignore"));
    CHECK(folder.comes_to({"a.md", "build/b.md", "build/c.md"}));
}

TEST_CASE("live folder: after any changes in any order the documents are the files") {
    for (const unsigned seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        LiveFolder folder;
        std::mt19937 random(seed);
        const auto pick = [&](unsigned count) { return std::to_string(random() % count); };
        const auto place = [&] { return "d" + pick(4) + "/d" + pick(3); };
        for (int i = 0; i < 400; ++i) {
            std::error_code ignored;
            const std::string from = place();
            const std::string to = place();
            switch (random() % 8) {
                case 0: fs::rename(folder.path(from), folder.path(to), ignored); break;
                case 1: fs::remove_all(folder.path(from), ignored); break;
                case 2: fs::remove(folder.path(from + "/" + pick(5) + ".md"), ignored); break;
                case 3:
                    fs::create_directories(folder.path(to), ignored);
                    fs::rename(folder.path(from + "/" + pick(5) + ".md"),
                               folder.path(to + "/" + pick(5) + ".md"), ignored);
                    break;
                default:
                    folder.write(from + "/" + pick(5) + ".md", "Text number " + std::to_string(i));
            }
            if (random() % 16 == 0) {
                std::this_thread::yield();
            }
        }
        folder.write("last.md", "The last one.");
        CHECK(folder.gets_in_step());
    }
}
