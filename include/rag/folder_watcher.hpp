#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

namespace rag {

enum class WatchOutcome {
    watched,
    gone,     ///< No folder is there, or it is closed to us.
    refused,  ///< The system watches no more; shortcoming() says why.
};

struct FolderChanges {
    /// Absolute paths, as the file system has them: entries that came, went, were written to or
    /// renamed, and watched folders that went away themselves. What such a path is now only a look
    /// at it can tell. May hold a path more than once.
    std::vector<std::string> touched = {};
    bool lost = false;  ///< Some changes did not reach us: everything has to be looked at.
};

/// Tells which entries of folders change. Watches one folder at a time, not what lies below it:
/// whoever uses this knows which of those count. Used by one thread.
///
/// A folder that is watched before its entries are listed hides nothing: what came before is in the
/// list, what comes later is told. A folder that is moved or deleted is no longer watched, and
/// nothing below it is; its path is told, and watching what is there now is the caller's to do.
class FolderWatcher {
public:
    virtual ~FolderWatcher() = default;

    /// Again for a folder that is watched already: makes sure that the one at this path now is.
    virtual WatchOutcome watch(const std::string& folder) = 0;

    /// What changed since the last call; waits for a change, a stop request or the end of the time,
    /// whichever comes first.
    virtual FolderChanges wait(const std::stop_token& stop, std::chrono::milliseconds most) = 0;

    /// Why the last folder that was refused was, and the way out; empty when none was.
    virtual std::string shortcoming() const = 0;
};

}  // namespace rag
