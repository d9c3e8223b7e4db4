#include "mcp/in_flight.hpp"

#include <vector>

namespace rag::mcp {

InFlight::InFlight() : state_(std::make_shared<State>()) {}

InFlight::Ticket& InFlight::Ticket::operator=(Ticket&& other) noexcept {
    if (this != &other) {
        leave();
        state_ = std::move(other.state_);
        key_ = std::move(other.key_);
        stop_ = std::move(other.stop_);
    }
    return *this;
}

void InFlight::Ticket::leave() {
    if (state_) {
        state_->requests.with([&](auto& requests) { requests.erase(key_); });
        state_.reset();
    }
}

std::optional<InFlight::Ticket> InFlight::enter(const std::string& scope, const RequestId& id) {
    std::stop_source stop;
    const bool entered = state_->requests.with(
        [&](auto& requests) { return requests.emplace(std::pair(scope, id), stop).second; });
    if (!entered) {
        return std::nullopt;
    }
    return std::optional<Ticket>(std::in_place, state_, std::pair(scope, id), std::move(stop));
}

void InFlight::cancel(const std::string& scope, const RequestId& id) {
    // The stop is requested outside the lock: it runs callbacks that we do not know.
    std::stop_source stop(std::nostopstate);
    state_->requests.with([&](auto& requests) {
        if (const auto at = requests.find({scope, id}); at != requests.end()) {
            stop = at->second;
        }
    });
    stop.request_stop();
}

void InFlight::cancel_all(const std::string& scope) {
    std::vector<std::stop_source> stops;
    state_->requests.with([&](auto& requests) {
        for (const auto& [key, stop] : requests) {
            if (key.first == scope) {
                stops.push_back(stop);
            }
        }
    });
    for (std::stop_source& stop : stops) {
        stop.request_stop();
    }
}

void InFlight::stop_all() {
    std::vector<std::stop_source> stops;
    state_->requests.with([&](auto& requests) {
        for (const auto& [key, stop] : requests) {
            stops.push_back(stop);
        }
    });
    for (std::stop_source& stop : stops) {
        stop.request_stop();
    }
}

}  // namespace rag::mcp
