#pragma once

#include "base/guarded.hpp"
#include "server/resumable_stream.hpp"

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace rag::server {

struct EventLogOptions {
    std::size_t streams_max = 1000;
    /// Of what is kept of all streams, looked at when one begins.
    std::size_t bytes_max = std::size_t{64} * 1024 * 1024;
    /// How long a stream is kept after its last event.
    std::chrono::seconds kept_after_end{300};
    /// What a client that is let go of is asked to wait.
    std::chrono::milliseconds retry{500};
};

/// The streams of legacy calls that this process keeps for clients that lost, or were let go from,
/// their connection. The oldest go first. Safe for concurrent use.
class EventLog final {
public:
    explicit EventLog(EventLogOptions options = {});

    /// A new stream of the session that this nonce names.
    std::shared_ptr<ResumableStream> open(const std::string& session,
                                          std::shared_ptr<EventOutlet> outlet, Priming priming);

    /// The client is back with the id of the last event it got. False for an id that names no
    /// stream of that session here: it was another process's, or is forgotten.
    bool resume(const std::string& session, std::string_view last_event_id,
                const std::shared_ptr<EventOutlet>& outlet);
    /// Whether resume would find the stream.
    bool knows(const std::string& session, std::string_view last_event_id) const;

private:
    struct Entry {
        std::string name;
        std::string session;
        std::shared_ptr<ResumableStream> stream;  // Shared with the call that writes it.
    };
    struct State {
        std::list<Entry> entries;  // Oldest first.
        std::size_t opened = 0;
    };
    struct Place {
        std::shared_ptr<ResumableStream> stream;
        std::int64_t after = 0;
    };

    Place find(const std::string& session, std::string_view last_event_id) const;
    void make_room(State& state) const;

    const EventLogOptions options_;
    const std::string process_;  // Tells this process's streams from those of others.
    Guarded<State> state_;
};

}  // namespace rag::server
