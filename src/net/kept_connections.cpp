#include "net/kept_connections.hpp"

#include "net/connection.hpp"

#include <algorithm>
#include <utility>

namespace rag::net {
namespace {

constexpr std::size_t kept_max = 32;

}  // namespace

KeptConnections::KeptConnections(std::chrono::milliseconds idle_max) : idle_max_(idle_max) {}

KeptConnections::~KeptConnections() = default;

std::unique_ptr<Connection> KeptConnections::take(const std::string& key) {
    // Those that turn out to be closed are let go of outside of the lock.
    for (auto connection = find(key); connection != nullptr; connection = find(key)) {
        if (connection->is_ready()) {
            return connection;
        }
    }
    return nullptr;
}

std::unique_ptr<Connection> KeptConnections::find(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    const auto found = std::find_if(kept_.rbegin(), kept_.rend(),
                                    [&](const Kept& kept) { return kept.key == key; });
    if (found == kept_.rend()) {
        return nullptr;
    }
    std::unique_ptr<Connection> connection = std::move(found->connection);
    kept_.erase(std::next(found).base());
    return connection;
}

void KeptConnections::keep(const std::string& key, std::unique_ptr<Connection> connection) {
    std::unique_ptr<Connection> surplus;
    {
        const std::scoped_lock lock(mutex_);
        kept_.push_back({key, std::move(connection), std::chrono::steady_clock::now()});
        if (kept_.size() > kept_max) {
            surplus = std::move(kept_.front().connection);
            kept_.pop_front();
        }
        if (!closer_.joinable()) {
            closer_ = std::jthread([this](const std::stop_token& stop) { close_idle(stop); });
        }
    }
    wake_.notify_one();
}

void KeptConnections::close_idle(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        if (kept_.empty()) {
            wake_.wait(lock, stop, [this] { return !kept_.empty(); });
            continue;
        }
        const SteadyTime over = kept_.front().since + idle_max_;
        if (std::chrono::steady_clock::now() < over) {
            // Woken early only to end; another connection is never over sooner than this one.
            wake_.wait_until(lock, stop, over, [] { return false; });
            continue;
        }
        std::unique_ptr<Connection> idle = std::move(kept_.front().connection);
        kept_.pop_front();
        // Closing may write to the network; nobody waits for it.
        lock.unlock();
        idle.reset();
        lock.lock();
    }
}

}  // namespace rag::net
