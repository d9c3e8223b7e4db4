#include "server/event_log.hpp"

#include "base/encoding.hpp"
#include "base/hash.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace rag::server {
namespace {

constexpr std::size_t process_bytes = 9;

}  // namespace

EventLog::EventLog(EventLogOptions options)
    : options_(options), process_(to_base64url(random_bytes(process_bytes))) {}

std::shared_ptr<ResumableStream> EventLog::open(const std::string& session,
                                                std::shared_ptr<EventOutlet> outlet,
                                                Priming priming) {
    const std::string name = state_.with([&](State& state) {
        make_room(state);
        return process_ + '-' + std::to_string(++state.opened);
    });
    auto stream =
        std::make_shared<ResumableStream>(name, std::move(outlet), priming, options_.retry);
    state_.with([&](State& state) { state.entries.push_back({name, session, stream}); });
    return stream;
}

bool EventLog::resume(const std::string& session, std::string_view last_event_id,
                      const std::shared_ptr<EventOutlet>& outlet) {
    const Place place = find(session, last_event_id);
    if (place.stream) {
        place.stream->resume(place.after, outlet);
    }
    return place.stream != nullptr;
}

bool EventLog::knows(const std::string& session, std::string_view last_event_id) const {
    return find(session, last_event_id).stream != nullptr;
}

EventLog::Place EventLog::find(const std::string& session, std::string_view last_event_id) const {
    const std::size_t dot = last_event_id.rfind('.');
    if (dot == std::string_view::npos) {
        return {};
    }
    const std::string_view name = last_event_id.substr(0, dot);
    const std::string_view number = last_event_id.substr(dot + 1);
    Place place;
    const auto [end, problem] =
        std::from_chars(number.data(), number.data() + number.size(), place.after);
    if (problem != std::errc() || end != number.data() + number.size()) {
        return {};
    }
    state_.with([&](const State& state) {
        for (const Entry& entry : state.entries) {
            if (entry.name == name && entry.session == session) {
                place.stream = entry.stream;
            }
        }
    });
    return place;
}

/// Forgets what ended long ago, then the oldest, until there is room for one more.
void EventLog::make_room(State& state) const {
    const auto now = std::chrono::steady_clock::now();
    state.entries.remove_if([&](const Entry& entry) {
        const auto ended = entry.stream->ended();
        return ended && now - *ended > options_.kept_after_end;
    });
    std::size_t bytes = 0;
    for (const Entry& entry : state.entries) {
        bytes += entry.stream->kept_bytes();
    }
    while (!state.entries.empty() &&
           (state.entries.size() >= options_.streams_max || bytes > options_.bytes_max)) {
        bytes -= std::min(bytes, state.entries.front().stream->kept_bytes());
        state.entries.pop_front();
    }
}

}  // namespace rag::server
