#pragma once

#include "base/guarded.hpp"
#include "mcp/jsonrpc.hpp"

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace rag::mcp {

/// The requests that are being worked on, so that their clients can cancel them. Ids are told apart
/// by scope: a session's, a connection's. Safe for concurrent use.
class InFlight {
    struct State;

public:
    /// A request's place among those in flight; leaves it when destroyed.
    class Ticket {
    public:
        Ticket() = default;
        Ticket(std::shared_ptr<State> state, std::pair<std::string, RequestId> key,
               std::stop_source stop)
            : state_(std::move(state)), key_(std::move(key)), stop_(std::move(stop)) {}
        Ticket(Ticket&& other) noexcept = default;
        Ticket& operator=(Ticket&& other) noexcept;
        ~Ticket() { leave(); }

        /// Gives the id back before the reply goes out: the client may use it again at once.
        void leave();
        std::stop_token token() const { return stop_.get_token(); }
        std::stop_source& source() { return stop_; }

    private:
        std::shared_ptr<State> state_;  // Shared: a ticket may outlive the table that gave it out.
        std::pair<std::string, RequestId> key_;
        std::stop_source stop_;
    };

    InFlight();

    /// Null when a request of this scope and id is in flight already.
    std::optional<Ticket> enter(const std::string& scope, const RequestId& id);
    /// Requests the stop of a request; of none that is not there.
    void cancel(const std::string& scope, const RequestId& id);
    /// Requests the stop of all of a scope.
    void cancel_all(const std::string& scope);
    /// Requests the stop of all.
    void stop_all();

private:
    struct State {
        Guarded<std::map<std::pair<std::string, RequestId>, std::stop_source>> requests;
    };

    std::shared_ptr<State> state_;
};

}  // namespace rag::mcp
