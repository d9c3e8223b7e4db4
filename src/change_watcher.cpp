#include "change_watcher.hpp"

#include "base/log.hpp"
#include "base/pause.hpp"

#include <chrono>
#include <set>

namespace rag {
namespace {

constexpr std::chrono::seconds poll_pause{1};
constexpr std::chrono::seconds poll_time_max{10};
constexpr std::int64_t changes_read_max = 1000;

}  // namespace

ChangeWatcher::ChangeWatcher(Engine& engine, mcp::ChangeHub& changes)
    : engine_(engine),
      changes_(changes),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void ChangeWatcher::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        Store* store = engine_.open_store();
        if (store == nullptr || !changes_.is_watched()) {
            position_.reset();
        } else {
            CallContext context;
            context.stop = stop;
            context.deadline = std::chrono::steady_clock::now() + poll_time_max;
            context.request_id = "change-watcher";
            try {
                follow(*store, context);
            } catch (const Error& error) {
                // The next round tries again from where this one began.
                log::debug("the change feed could not be read: {}", error.message());
            }
        }
        pause_unless_stopped(stop, poll_pause);
    }
}

void ChangeWatcher::follow(Store& store, const CallContext& context) {
    if (!position_) {
        position_ = store.feed_end(context);
        return;
    }
    const ChangeBatch batch = store.read_changes(context, *position_, changes_read_max);
    position_ = batch.next;
    bool list_changed = batch.rebuild;
    std::set<std::string> updated;
    for (const Change& change : batch.changes) {
        list_changed = true;
        updated.insert("memory://collections");
        if (change.kind == ChangeKind::document_changed) {
            updated.insert("memory://documents/" + std::to_string(change.document));
        }
    }
    for (const std::string& uri : updated) {
        changes_.resource_updated(uri);
    }
    if (list_changed) {
        changes_.list_changed(mcp::ListKind::resources);
    }
}

}  // namespace rag
