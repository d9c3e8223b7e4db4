#include "watch/inotify_watcher.hpp"

#include "rag/error.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace rag::watch {
namespace {

/// A file counts as written when its writer closes it, so that nobody reads half of it. IN_CREATE
/// tells of folders and of links, which nobody closes.
constexpr std::uint32_t told_changes = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                       IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                       IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;
constexpr std::size_t buffer_bytes = std::size_t{64} * 1024;
/// So that whoever waits gets to work while changes never stop; the kernel keeps the rest.
constexpr int reads_max = 16;

std::string limit_of(const char* name) {
    std::string value = "?";
    std::ifstream(fmt::format("/proc/sys/fs/inotify/{}", name)) >> value;
    return value;
}

std::string describe_refusal(int error, std::string_view folder) {
    if (error == ENOSPC) {
        return fmt::format(
            "'{}' and perhaps more folders cannot be watched: a user may watch {} "
            "(/proc/sys/fs/inotify/max_user_watches). Allow more with `sudo sysctl "
            "fs.inotify.max_user_watches=524288`, or name folders that need no watching in a "
            ".ragignore.",
            folder, limit_of("max_user_watches"));
    }
    return fmt::format("'{}' cannot be watched: {}.", folder, std::strerror(error));
}

std::string describe_no_queue(int error) {
    if (error == EMFILE) {
        return fmt::format(
            "Folders cannot be watched: the user's programs hold all {} inotify instances "
            "(/proc/sys/fs/inotify/max_user_instances) or this one all its files. Allow more with "
            "`sudo sysctl fs.inotify.max_user_instances=512`.",
            limit_of("max_user_instances"));
    }
    return fmt::format("Folders cannot be watched: {}.", std::strerror(error));
}

int make_wake() {
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) {
        throw Error(ErrorCode::unavailable,
                    fmt::format("No event descriptor is left: {}.", std::strerror(errno)));
    }
    return fd;
}

}  // namespace

InotifyWatcher::InotifyWatcher()
    : queue_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), wake_(make_wake()) {
    if (queue_ < 0) {
        shortcoming_ = describe_no_queue(errno);
    }
}

InotifyWatcher::~InotifyWatcher() {
    if (queue_ >= 0) {
        close(queue_);
    }
    close(wake_);
}

WatchOutcome InotifyWatcher::watch(const std::string& folder) {
    if (queue_ < 0) {
        return WatchOutcome::refused;
    }
    const int descriptor = inotify_add_watch(queue_, folder.c_str(), told_changes);
    if (descriptor < 0) {
        const int error = errno;
        if (error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP) {
            forget_tree(folder);
            return WatchOutcome::gone;
        }
        shortcoming_ = describe_refusal(error, folder);
        return WatchOutcome::refused;
    }
    const auto before = descriptors_.find(folder);
    if (before != descriptors_.end() && before->second != descriptor) {
        forget_tree(folder);  // Another folder was here; those below it were its own.
    }
    // The kernel gives a folder that was moved here the watch it had: it goes by this path now.
    const auto known = folders_.find(descriptor);
    if (known != folders_.end() && known->second != folder) {
        descriptors_.erase(known->second);
    }
    folders_[descriptor] = folder;
    descriptors_[folder] = descriptor;
    return WatchOutcome::watched;
}

FolderChanges InotifyWatcher::wait(const std::stop_token& stop, std::chrono::milliseconds most) {
    const std::stop_callback on_stop(stop, [this] { eventfd_write(wake_, 1); });
    FolderChanges changes;
    std::array<pollfd, 2> watched{{{wake_, POLLIN, 0}, {queue_, POLLIN, 0}}};
    const auto timeout = static_cast<int>(std::clamp<std::int64_t>(most.count(), 0, INT32_MAX));
    if (poll(watched.data(), watched.size(), timeout) > 0 && (watched[1].revents & POLLIN) != 0) {
        for (int i = 0; i < reads_max && read_queue(changes); ++i) {
        }
    }
    eventfd_t stops = 0;
    eventfd_read(wake_, &stops);
    return changes;
}

/// False when the queue is empty.
bool InotifyWatcher::read_queue(FolderChanges& changes) {
    alignas(inotify_event) std::array<char, buffer_bytes> buffer;
    const ssize_t got = read(queue_, buffer.data(), buffer.size());
    if (got <= 0) {
        return false;
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
        inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof(event));
        const char* name = buffer.data() + at + sizeof(event);
        take(event, {name, event.len == 0 ? 0 : strnlen(name, event.len)}, changes);
        at += sizeof(event) + event.len;
    }
    return true;
}

void InotifyWatcher::take(const inotify_event& event, std::string_view name,
                          FolderChanges& changes) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
        changes.lost = true;
        return;
    }
    const auto found = folders_.find(event.wd);
    if (found == folders_.end()) {
        return;  // Of a watch that was given up while this stood in the queue.
    }
    const std::string folder = found->second;
    if (name.empty()) {
        if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0) {
            forget_tree(folder);
        }
        changes.touched.push_back(folder);
        return;
    }
    std::string path = (folder == "/" ? "" : folder) + '/' + std::string(name);
    if ((event.mask & IN_ISDIR) != 0 && (event.mask & (IN_MOVED_FROM | IN_DELETE)) != 0) {
        forget_tree(path);
    }
    changes.touched.push_back(std::move(path));
}

/// The folder and all below it; a moved tree takes its watches along, and their paths are wrong.
void InotifyWatcher::forget_tree(const std::string& folder) {
    forget(folder);
    const std::string prefix = folder == "/" ? folder : folder + '/';
    while (true) {
        const auto below = descriptors_.lower_bound(prefix);
        if (below == descriptors_.end() || !below->first.starts_with(prefix)) {
            return;
        }
        forget(std::string(below->first));
    }
}

void InotifyWatcher::forget(const std::string& folder) {
    const auto found = descriptors_.find(folder);
    if (found == descriptors_.end()) {
        return;
    }
    // Fails for a folder that is gone, whose watch the kernel gave up by itself.
    inotify_rm_watch(queue_, found->second);
    folders_.erase(found->second);
    descriptors_.erase(found);
}

}  // namespace rag::watch
