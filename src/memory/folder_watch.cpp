#include "memory/folder_watch.hpp"

#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rag::memory {
namespace {

constexpr std::chrono::seconds outage_pause_first{1};
constexpr std::chrono::seconds outage_pause_max{30};
/// Looking at everything takes at most one part in so many of the time.
constexpr int look_share = 20;
/// Longer than any pause between looks; the wait ends earlier for what happens.
constexpr std::chrono::milliseconds wait_max{600'000};

bool passes(const Error& error) {
    return error.code() == ErrorCode::unavailable || error.code() == ErrorCode::conflict ||
           error.code() == ErrorCode::rate_limited || error.code() == ErrorCode::deadline_exceeded;
}

}  // namespace

FolderWatch::FolderWatch(const FolderTools& tools, const AllowedPath& folder,
                         const IngestDirectory& request, FolderWatcher& watcher,
                         const WatchListener& listener)
    : clock_(tools.clock),
      files_(tools.files),
      folder_(folder),
      watcher_(watcher),
      listener_(listener),
      sync_(tools, folder, request, listener,
            {[this](const std::string& path) { watch(path); },
             // Emptied while we work, the system's queue of changes does not run over.
             [this] { note(watcher_.wait(stop_, {}), clock_.steady_now()); }}) {}

void FolderWatch::run(const CallContext& context) {
    stop_ = context.stop;
    everything_due_ = clock_.steady_now();
    while (!stop_.stop_requested()) {
        try {
            look_at_what_is_due(context);
        } catch (const Error& error) {
            if (stop_.stop_requested()) {
                return;
            }
            if (!passes(error)) {
                throw;
            }
            begin_outage(error.message());
        }
        note(watcher_.wait(stop_, time_to_next()), clock_.steady_now());
    }
}

void FolderWatch::look_at_what_is_due(const CallContext& context) {
    if (clock_.steady_now() < resume_at_) {
        return;
    }
    if (clock_.steady_now() >= everything_due_) {
        look(context, "");
        end_outage();
    }
    while (const std::optional<std::string> entry = pending_.take_due(clock_.steady_now())) {
        look(context, *entry);
        end_outage();
    }
}

void FolderWatch::look(const CallContext& context, const std::string& entry) {
    context.check();
    if (!is_folder_there()) {
        return;
    }
    try {
        if (entry.empty()) {
            look_at_everything(context);
        } else {
            sync_.look(context, entry);
        }
    } catch (const Error&) {
        if (entry.empty() || !pending_.touch(entry, clock_.steady_now())) {
            everything_due_ = clock_.steady_now();
        }
        throw;
    }
    if (const std::optional<SteadyTime> retry = sync_.next_retry()) {
        everything_due_ = std::min(everything_due_, *retry);
    }
    const std::string shortcoming = refused_ ? watcher_.shortcoming() : std::string();
    if (!shortcoming.empty() && shortcoming != told_shortcoming_) {
        listener_.on_notice(fmt::format("{} Until then everything is looked at every {} s.",
                                        shortcoming, look_pause_unwatched.count()));
    }
    told_shortcoming_ = shortcoming;
}

void FolderWatch::look_at_everything(const CallContext& context) {
    const SteadyTime begin = clock_.steady_now();
    refused_ = false;
    everything_due_ = SteadyTime::max();  // What is lost from now on makes it due again.
    const FolderSummary summary = sync_.look(context, "");
    const SteadyTime end = clock_.steady_now();
    const SteadyTime::duration pause = refused_ ? look_pause_unwatched : look_pause;
    everything_due_ = std::min(everything_due_, end + std::max(pause, (end - begin) * look_share));
    if (!in_step_told_) {
        in_step_told_ = true;
        listener_.on_in_step(summary);
    }
}

/// A folder that is not there (a disk that was unplugged) takes no document with it.
bool FolderWatch::is_folder_there() {
    if (files_.kind(folder_) == PathKind::directory) {
        gone_told_ = false;
        return true;
    }
    if (!gone_told_) {
        gone_told_ = true;
        listener_.on_notice(
            fmt::format("The folder '{}' is gone; its documents stay. Waiting for it to come back.",
                        folder_.path));
    }
    pending_.clear();
    everything_due_ = clock_.steady_now() + look_pause_gone;
    return false;
}

void FolderWatch::watch(const std::string& folder) {
    refused_ = watcher_.watch(folder) == WatchOutcome::refused || refused_;
}

void FolderWatch::note(const FolderChanges& changes, SteadyTime now) {
    if (changes.lost) {
        listener_.on_notice("More changed at once than the system could tell; looking at all.");
        everything_due_ = std::min(everything_due_, now);
    }
    for (const std::string& path : changes.touched) {
        note_path(path, now);
    }
}

void FolderWatch::note_path(const std::string& path, SteadyTime now) {
    const std::size_t slash = path.rfind('/');
    const bool rules = is_ignore_file(std::string_view(path).substr(slash + 1));
    // What an ignore file says holds for the folder that it lies in.
    const std::string concerned = rules ? path.substr(0, slash) : path;
    std::string entry;
    if (lies_in(concerned, folder_.path)) {
        const std::size_t begin = folder_.path.size() + (folder_.path == "/" ? 0 : 1);
        entry = concerned.size() > begin ? concerned.substr(begin) : std::string();
    } else if (!lies_in(folder_.path, concerned)) {
        return;  // Beside the folder, in one of those above that are watched for their rules.
    }
    if (!pending_.touch(entry, now)) {
        everything_due_ = std::min(everything_due_, now);
    }
}

void FolderWatch::begin_outage(const std::string& sentence) {
    if (outages_ == 0) {
        listener_.on_notice(sentence + " Trying again until it works; nothing is lost meanwhile.");
    }
    const std::chrono::seconds pause =
        std::min(outage_pause_max, outage_pause_first * (1 << std::min(outages_, 10)));
    resume_at_ = clock_.steady_now() + pause;
    ++outages_;
}

void FolderWatch::end_outage() {
    if (outages_ > 0) {
        listener_.on_notice("Works again.");
    }
    outages_ = 0;
}

std::chrono::milliseconds FolderWatch::time_to_next() const {
    const SteadyTime now = clock_.steady_now();
    SteadyTime next = everything_due_;
    if (const std::optional<SteadyTime> due = pending_.next_due()) {
        next = std::min(next, *due);
    }
    next = std::max(next, resume_at_);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
    return std::clamp(left, std::chrono::milliseconds{0}, wait_max);
}

}  // namespace rag::memory
