#pragma once

#include "rag/folder_watcher.hpp"

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

struct inotify_event;

namespace rag::watch {

/// FolderWatcher on inotify(7). Holds one watch of the kernel's for each folder. Where the kernel
/// gives no queue at all, every folder is refused. Used by one thread.
class InotifyWatcher final : public FolderWatcher {
public:
    InotifyWatcher();
    ~InotifyWatcher() override;
    InotifyWatcher(const InotifyWatcher&) = delete;
    InotifyWatcher& operator=(const InotifyWatcher&) = delete;

    WatchOutcome watch(const std::string& folder) override;
    FolderChanges wait(const std::stop_token& stop, std::chrono::milliseconds most) override;
    std::string shortcoming() const override { return shortcoming_; }

private:
    bool read_queue(FolderChanges& changes);
    void take(const inotify_event& event, std::string_view name, FolderChanges& changes);
    void forget(const std::string& folder);
    void forget_tree(const std::string& folder);

    const int queue_;  ///< -1 where there is none.
    const int wake_;   ///< An eventfd that a stop request makes readable.
    // The same watches twice; a path has at most one, and a watch one path.
    std::unordered_map<int, std::string> folders_ = {};
    std::map<std::string, int, std::less<>> descriptors_ = {};
    std::string shortcoming_ = {};
};

}  // namespace rag::watch
