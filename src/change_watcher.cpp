#include "change_watcher.hpp"

#include "base/log.hpp"
#include "base/pause.hpp"
#include "tools/resources.hpp"

#include <chrono>
#include <set>

namespace rag {
namespace {

constexpr std::chrono::seconds poll_pause{1};
constexpr std::chrono::seconds poll_time_max{10};
/// Somebody waits for it, maybe the only thread that reads a client's words.
constexpr std::chrono::seconds begin_time_max{2};
constexpr std::int64_t changes_read_max = 1000;
/// Between attend() and the listener that it is for there may be some time.
constexpr int unwatched_rounds_max = 10;

CallContext make_context(std::chrono::seconds time) {
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + time;
    context.request_id = "change-watcher";
    return context;
}

/// The resources that a batch of changes is about.
std::set<std::string> addresses_of(const std::vector<Change>& changes,
                                   const std::vector<Collection>& collections) {
    std::set<std::string> addresses;
    std::set<CollectionId> touched;
    for (const Change& change : changes) {
        addresses.emplace(tools::collections_address);
        touched.insert(change.collection);
        if (change.kind != ChangeKind::collection_changed) {
            addresses.insert(tools::document_address(change.document));
        }
    }
    for (const Collection& collection : collections) {
        if (touched.contains(collection.id)) {
            addresses.insert(tools::collection_address(collection.name));
        }
    }
    return addresses;
}

}  // namespace

ChangeWatcher::ChangeWatcher(Engine& engine, mcp::ChangeHub& changes)
    : engine_(engine),
      changes_(changes),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
    changes_.set_attendant([this] { begin(); });
}

ChangeWatcher::~ChangeWatcher() {
    changes_.set_attendant({});
}

void ChangeWatcher::begin() {
    {
        const std::scoped_lock lock(mutex_);
        unwatched_rounds_ = 0;
        if (position_) {
            return;
        }
    }
    Store* store = engine_.open_store();
    if (store == nullptr) {
        return;
    }
    try {
        FeedPosition end = store->feed_end(make_context(begin_time_max));
        const std::scoped_lock lock(mutex_);
        if (!position_) {
            position_ = std::move(end);
        }
    } catch (const Error& error) {
        // The next round tries again.
        log::debug("the end of the change feed could not be read: {}", error.message());
    }
}

void ChangeWatcher::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        try {
            look(stop);
        } catch (const Error& error) {
            // The next round tries again from where this one began.
            log::debug("the change feed could not be read: {}", error.message());
        }
        pause_unless_stopped(stop, poll_pause);
    }
}

void ChangeWatcher::look(const std::stop_token& stop) {
    const bool watched = changes_.is_watched();
    std::optional<FeedPosition> from;
    {
        const std::scoped_lock lock(mutex_);
        unwatched_rounds_ = watched ? 0 : unwatched_rounds_ + 1;
        if (unwatched_rounds_ > unwatched_rounds_max) {
            position_.reset();
        }
        from = position_;
    }
    if (!watched) {
        return;
    }
    if (!from) {
        begin();
        return;
    }
    CallContext context = make_context(poll_time_max);
    context.stop = stop;
    FeedPosition next = follow(*engine_.open_store(), context, *from);
    const std::scoped_lock lock(mutex_);
    position_ = std::move(next);
}

FeedPosition ChangeWatcher::follow(Store& store, const CallContext& context,
                                   const FeedPosition& from) {
    ChangeBatch batch = store.read_changes(context, from, changes_read_max);
    if (!batch.changes.empty()) {
        const auto collections = store.list_collections_uncounted(context);
        for (const std::string& address : addresses_of(batch.changes, collections)) {
            changes_.resource_updated(address);
        }
    }
    if (batch.rebuild || !batch.changes.empty()) {
        changes_.list_changed(mcp::ListKind::resources);
    }
    return std::move(batch.next);
}

}  // namespace rag
