#include "server/resumable_stream.hpp"

#include <algorithm>
#include <utility>

namespace rag::server {
namespace {

/// Of one call; progress is forgotten first.
constexpr std::size_t events_max = 256;

}  // namespace

ResumableStream::ResumableStream(std::string name, std::shared_ptr<EventOutlet> outlet,
                                 Priming priming, std::chrono::milliseconds retry)
    : name_(std::move(name)), priming_(priming), retry_(retry) {
    state_.with([&](State& state) {
        state.outlet = std::move(outlet);
        if (priming_ == Priming::send) {
            append(state, "data: \n", mcp::Importance::required);
        }
    });
}

bool ResumableStream::send(const Json& message, mcp::Importance importance) {
    const std::string lines = "event: message\ndata: " + dump_json(message) + "\n";
    // Sent under the lock: that keeps the order, and an outlet neither blocks nor calls back.
    return state_.with([&](State& state) { return append(state, lines, importance); });
}

void ResumableStream::let_go() {
    if (priming_ == Priming::leave_out) {
        return;  // Such a client may have no id yet to come back with.
    }
    state_.with([&](State& state) {
        if (state.outlet) {
            state.outlet->hint_retry(retry_);
            state.outlet->close();
            state.outlet.reset();
        }
    });
}

void ResumableStream::close() {
    state_.with([&](State& state) {
        state.ended = state.ended.value_or(std::chrono::steady_clock::now());
        if (state.outlet) {
            state.outlet->close();
            state.outlet.reset();
        }
    });
}

void ResumableStream::resume(std::int64_t after, std::shared_ptr<EventOutlet> outlet) {
    state_.with([&](State& state) {
        if (state.outlet) {
            state.outlet->close();
        }
        for (const Event& event : state.events) {
            if (event.place > after) {
                outlet->send_text(event.text, event.importance);
            }
        }
        if (state.ended) {
            outlet->close();
            state.outlet.reset();
        } else {
            state.outlet = std::move(outlet);
        }
    });
}

std::size_t ResumableStream::kept_bytes() const {
    return state_.with([](const State& state) { return state.bytes; });
}

std::optional<std::chrono::steady_clock::time_point> ResumableStream::ended() const {
    return state_.with([](const State& state) { return state.ended; });
}

bool ResumableStream::append(State& state, const std::string& lines, mcp::Importance importance) {
    Event event;
    event.place = state.next_place++;
    event.importance = importance;
    event.text = "id: " + name_ + '.' + std::to_string(event.place) + '\n' + lines + '\n';
    const bool sent = state.outlet && state.outlet->send_text(event.text, importance);
    if (!sent) {
        state.outlet.reset();
    }
    state.bytes += event.text.size();
    state.events.push_back(std::move(event));
    if (state.events.size() > events_max) {
        const auto least = std::find_if(
            state.events.begin(), state.events.end(),
            [](const Event& one) { return one.importance == mcp::Importance::droppable; });
        const auto victim = least == state.events.end() ? state.events.begin() : least;
        state.bytes -= victim->text.size();
        state.events.erase(victim);
    }
    return sent;
}

}  // namespace rag::server
