#pragma once

#include "memory/document_writer.hpp"
#include "memory/folder_watch.hpp"
#include "memory/world.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rag::test {

/// A clock that only a test moves. Its wall clock is ahead of the file system's, so that every file
/// was written long ago.
class MovedClock final : public Clock {
public:
    Timestamp now() const override {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now()) +
               std::chrono::hours(1);
    }
    SteadyTime steady_now() const override { return now_; }
    void move(std::chrono::milliseconds by) { now_ += by; }
    std::chrono::milliseconds passed() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now_ - begin_);
    }

private:
    const SteadyTime begin_{std::chrono::hours(1)};
    SteadyTime now_ = begin_;
};

/// Plays what a test wrote down for each moment; waiting moves the clock there. Does not look at
/// the file system: a change that the script does not tell is one that no watcher tells.
class ScriptedWatcher final : public FolderWatcher {
public:
    explicit ScriptedWatcher(MovedClock& clock) : clock_(clock) {}

    void at(std::chrono::milliseconds moment, std::function<FolderChanges()> happening) {
        script_.emplace(moment, std::move(happening));
    }

    WatchOutcome watch(const std::string& folder) override {
        if (refuses) {
            return WatchOutcome::refused;
        }
        watched.insert(folder);
        return WatchOutcome::watched;
    }
    FolderChanges wait(const std::stop_token&, std::chrono::milliseconds most) override;
    std::string shortcoming() const override { return refuses ? "The kernel refuses." : ""; }

    bool refuses = false;
    std::set<std::string> watched;

private:
    MovedClock& clock_;
    std::multimap<std::chrono::milliseconds, std::function<FolderChanges()>> script_;
};

/// A collection "c" and a folder "docs" that is watched as the script says. The folder is there.
class FolderWorld {
public:
    FolderWorld();

    /// Paths are relative to the folder.
    std::string path(const std::string& name) const { return folder.path + '/' + name; }
    void write(const std::string& name, const std::string& content);
    void remove(const std::string& name) { std::filesystem::remove_all(path(name)); }
    void rename(const std::string& from, const std::string& to) {
        std::filesystem::rename(path(from), path(to));
    }
    FolderChanges touched(const std::vector<std::string>& names) const;

    /// Watches until the clock stands there.
    void watch_until(std::chrono::milliseconds moment);
    /// "added a.md", "updated a.md", "failed a.md: why", in the order of time; emptied.
    std::vector<std::string> take_changes() { return std::exchange(changes, {}); }
    /// The files that have a document, relative to the world's root.
    std::set<std::string> documents();

    World world;
    MovedClock clock;
    ScriptedWatcher watcher{clock};
    memory::FileAccess files;
    memory::AllowedPath folder;
    memory::IngestDirectory request;
    std::vector<std::string> changes;
    std::vector<std::string> notices;
    std::vector<memory::FolderSummary> in_step;
};

}  // namespace rag::test
