#pragma once

#include "memory/folder_sync.hpp"
#include "memory/pending_paths.hpp"
#include "rag/folder_watcher.hpp"

#include <optional>
#include <string>

namespace rag::memory {

/// Keeps a collection in step with a folder: brings it in step once, then follows what the watcher
/// tells, and looks at everything now and then for what no watcher tells (files of other machines,
/// writes through a memory map, targets of links). Used by one thread.
class FolderWatch final {
public:
    /// Looking at everything costs a look at each file's stamp, not its content.
    static constexpr std::chrono::seconds look_pause{300};
    /// The same while not every folder is watched.
    static constexpr std::chrono::seconds look_pause_unwatched{10};
    /// And while the folder is not there.
    static constexpr std::chrono::seconds look_pause_gone{2};

    /// The watcher must outlive this and be used by nobody else.
    FolderWatch(const FolderTools& tools, const AllowedPath& folder, const IngestDirectory& request,
                FolderWatcher& watcher, const WatchListener& listener);
    FolderWatch(const FolderWatch&) = delete;
    FolderWatch& operator=(const FolderWatch&) = delete;

    /// Until a stop is requested; then it returns after the file at hand. A store or an embedding
    /// service that does not answer is waited for. Throws when the collection is gone or of another
    /// model.
    void run(const CallContext& context);

private:
    void look_at_what_is_due(const CallContext& context);
    void look(const CallContext& context, const std::string& entry);
    void look_at_everything(const CallContext& context);
    bool is_folder_there();
    void watch(const std::string& folder);
    void note(const FolderChanges& changes, SteadyTime now);
    void note_path(const std::string& path, SteadyTime now);
    void begin_outage(const std::string& sentence);
    void end_outage();
    std::chrono::milliseconds time_to_next() const;

    const Clock& clock_;
    const FileAccess& files_;
    const AllowedPath folder_;
    FolderWatcher& watcher_;
    const WatchListener listener_;
    std::stop_token stop_ = {};
    FolderSync sync_;
    PendingPaths pending_ = {};  ///< Below the folder; empty for all of it.
    SteadyTime everything_due_ = {};
    bool in_step_told_ = false;
    bool gone_told_ = false;
    bool refused_ = false;  ///< Since everything was looked at last.
    std::string told_shortcoming_ = {};
    int outages_ = 0;  ///< In a row; 0 while all answers.
    SteadyTime resume_at_ = {};
};

}  // namespace rag::memory
