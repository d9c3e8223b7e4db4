#pragma once

#include "base/guarded.hpp"
#include "server/call_stream.hpp"
#include "server/event_outlet.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace rag::server {

/// Whether a stream begins with an event that has an id and no data, so that its client can come
/// back before anything was sent. Clients older than 2025-11-25 trip over it.
enum class Priming { send, leave_out };

/// The stream of one legacy call, which its client may leave and come back to (2025-11-25,
/// basic/transports, resumability). Keeps its events, each with an id that names the stream and its
/// place in it. Safe for concurrent use.
class ResumableStream final : public CallStream {
public:
    /// `name` is unique among all streams and holds no '.'.
    ResumableStream(std::string name, std::shared_ptr<EventOutlet> outlet, Priming priming,
                    std::chrono::milliseconds retry);

    /// False when the client is not there now; the message is kept for it.
    bool send(const Json& message, mcp::Importance importance) override;
    void let_go() override;
    void close() override;

    /// The client is back on a new connection: sends what came after that event, then goes on.
    void resume(std::int64_t after, std::shared_ptr<EventOutlet> outlet);

    std::size_t kept_bytes() const;
    /// When the last event came, if it was the last of all.
    std::optional<std::chrono::steady_clock::time_point> ended() const;

private:
    struct Event {
        std::int64_t place = 0;
        std::string text;
        mcp::Importance importance = mcp::Importance::required;
    };
    struct State {
        std::deque<Event> events;
        std::int64_t next_place = 0;
        std::size_t bytes = 0;
        std::shared_ptr<EventOutlet> outlet;  // Null while the client is away.
        std::optional<std::chrono::steady_clock::time_point> ended;
    };

    bool append(State& state, const std::string& lines, mcp::Importance importance);

    // Constant after construction.
    const std::string name_;
    const Priming priming_;
    const std::chrono::milliseconds retry_;

    Guarded<State> state_;
};

}  // namespace rag::server
