#include "server/stream_keeper.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rag::server {

StreamKeeper::StreamKeeper(StreamKeeperOptions options)
    : options_(options),
      places_(std::make_shared<std::atomic<std::size_t>>(0)),
      thread_([this] { run(); }) {}

StreamKeeper::~StreamKeeper() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
    end_all();
}

std::shared_ptr<void> StreamKeeper::take_place() {
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (places_->fetch_add(1) < options_.standing_max) {
            return {static_cast<void*>(places_.get()),
                    [places = places_](void*) { places->fetch_sub(1); }};
        }
        places_->fetch_sub(1);
        take_gone();  // Streams may be over that the thread has not seen yet.
    }
    return nullptr;
}

void StreamKeeper::keep(Standing standing) {
    Entry entry;
    const std::stop_token gone = standing.outlet->gone();
    entry.standing = std::move(standing);
    // Made without the lock, which the callback takes, maybe at once.
    entry.on_gone = std::make_unique<std::stop_callback<std::function<void()>>>(gone, [this] {
        {
            const std::scoped_lock lock(mutex_);
            some_gone_ = true;
        }
        wake_.notify_all();
    });
    {
        const std::scoped_lock lock(mutex_);
        entries_.push_back(std::move(entry));
        some_gone_ = some_gone_ || gone.stop_requested();
    }
    wake_.notify_all();
}

void StreamKeeper::accompany(const std::shared_ptr<EventOutlet>& outlet) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(calls_, [](const auto& call) { return call.expired(); });
    calls_.push_back(outlet);
}

void StreamKeeper::end_all() {
    std::vector<Entry> all;
    {
        const std::scoped_lock lock(mutex_);
        all = std::exchange(entries_, {});
    }
    farewell(std::move(all));
}

void StreamKeeper::run() {
    const bool lets_idle_go = options_.idle_max.count() > 0;
    const auto pause =
        lets_idle_go ? std::min(options_.keep_alive, options_.idle_max) : options_.keep_alive;
    auto next = std::chrono::steady_clock::now() + pause;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait_until(lock, next, [this] { return stopping_ || some_gone_; });
            if (stopping_) {
                return;
            }
            some_gone_ = false;
        }
        take_gone();
        if (std::chrono::steady_clock::now() >= next) {
            keep_alive();
            next = std::chrono::steady_clock::now() + pause;
        }
    }
}

std::vector<StreamKeeper::Entry> StreamKeeper::take_gone() {
    std::vector<Entry> gone;
    const std::scoped_lock lock(mutex_);
    const auto first = std::partition(entries_.begin(), entries_.end(), [](const Entry& entry) {
        return !entry.standing.outlet->gone().stop_requested();
    });
    gone.assign(std::make_move_iterator(first), std::make_move_iterator(entries_.end()));
    entries_.erase(first, entries_.end());
    for (Entry& entry : gone) {
        entry.standing.place.reset();  // At once, for whoever waits for a place with this lock.
    }
    return gone;
}

void StreamKeeper::keep_alive() {
    std::vector<std::shared_ptr<EventOutlet>> alive;
    std::vector<Entry> idle;
    const auto idle_since = std::chrono::steady_clock::now() - options_.idle_max;
    {
        const std::scoped_lock lock(mutex_);
        const auto first =
            std::partition(entries_.begin(), entries_.end(), [&](const Entry& entry) {
                return options_.idle_max.count() == 0 ||
                       entry.standing.outlet->last_used() > idle_since;
            });
        idle.assign(std::make_move_iterator(first), std::make_move_iterator(entries_.end()));
        entries_.erase(first, entries_.end());
        for (const Entry& entry : entries_) {
            alive.push_back(entry.standing.outlet);
        }
        for (const auto& call : calls_) {
            if (auto outlet = call.lock()) {
                alive.push_back(std::move(outlet));
            }
        }
    }
    for (const auto& outlet : alive) {
        outlet->keep_alive();
    }
    farewell(std::move(idle));
}

void StreamKeeper::farewell(std::vector<Entry> entries) {
    for (Entry& entry : entries) {
        if (entry.standing.farewell) {
            entry.standing.farewell(*entry.standing.outlet);
        }
        entry.standing.outlet->hint_retry(options_.retry);
        entry.standing.outlet->close();
    }
}

}  // namespace rag::server
