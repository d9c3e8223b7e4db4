#pragma once

#include "mcp/call.hpp"
#include "mcp/catalogue.hpp"
#include "mcp/change_hub.hpp"
#include "mcp/modern.hpp"
#include "mcp/seal.hpp"
#include "mcp/server_card.hpp"
#include "mcp/subscription.hpp"
#include "mcp/tasks.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace rag::mcp {

enum class CallOutcome {
    done,
    tool_error,  ///< Of tools/call: the tool said no, or why it could not.
    failed,      ///< Answered with a JSON-RPC error.
    cancelled,
};

/// What became of a call, for whoever measures. The texts live as long as the report.
struct CallReport {
    std::string_view method;
    std::string_view tool;  ///< Of tools/call, one that there is; else empty.
    CallOutcome outcome = CallOutcome::done;
    std::chrono::microseconds duration{0};
};

struct DispatcherOptions {
    /// Time for everything but lengthy tools, which end when they are done or cancelled.
    std::chrono::seconds brief_time_max{60};
    /// Open subscriptions/listen, over all clients.
    int subscriptions_max = 1024;
    VersionHeader version_header = VersionHeader::strict;
    /// Told of every call that ran, on its thread; may be empty, must not throw.
    std::function<void(const CallReport&)> on_call{};
};

/// The protocol, whatever the wire: takes one message and where it came from, returns what goes
/// back. Both eras side by side, told apart message by message. Knows no socket and owns no thread;
/// every function may be called from any thread.
class Dispatcher {
public:
    /// `secret` signs the state of unfinished calls. `tasks` is null where calls never become
    /// tasks; otherwise the extension is offered. All references and `tasks` must outlive this.
    Dispatcher(const Registry& registry, ServerCard card, const std::string& secret,
               ChangeHub& changes, const Clock& clock, IdSource& ids,
               DispatcherOptions options = {}, Tasks* tasks = nullptr);

    /// Every check that precedes the work of a request; quick. Returns the call, whose pace says
    /// where to run it, or the error to answer with.
    std::variant<std::shared_ptr<Call>, Reply> admit(Message request, const Arrival& arrival);

    /// Does the work, on this thread. What must go out before the reply goes to `outlet`. Null when
    /// the call was cancelled: nothing may be answered. Throws nothing.
    std::optional<Reply> run(Call& call, Outlet& outlet);

    /// For a call of the pace `listening`: opens it and sends the acknowledgement. It ends when the
    /// caller drops it.
    std::variant<std::shared_ptr<Subscription>, Reply> listen(Call& call,
                                                              std::shared_ptr<Outlet> outlet);

    /// The role that a message needs; null for what opens a conversation, and for notifications and
    /// responses. For wires that ask for more rights by a status of their own.
    std::optional<Role> role_for(const Message& message) const;

    /// A notification or a response from the client. Unknown ones are ignored.
    void hear(const Message& message, const Arrival& arrival);

    /// Stops every call of the scope, because its connection is gone.
    void cancel_all(const std::string& scope) { in_flight_.cancel_all(scope); }

    /// Stops every call and every task that can be cancelled: the server ends.
    void stop_all();

    /// The reply to something that is no message.
    static Reply refuse(const BadMessage& message);
    /// The reply to a call for which no worker is free.
    Reply turn_away(const Call& call) const;

    const ServerCard& card() const { return card_; }
    ChangeHub& changes() { return changes_; }

private:
    CallContext make_context(const Call& call) const;
    void report(const Call& call, CallOutcome outcome, SteadyTime begun) const;
    Json dispatch(const Call& call, const CallContext& context, Outlet& outlet);
    Json get_prompt(const Call& call, const CallContext& context, Outlet& outlet);
    Json subscribe(const Call& call, const CallContext& context);
    Json update_task(const Call& call, const CallContext& context);
    Json cancel_task(const Call& call, const CallContext& context);
    void keep_known_tasks(const Call& call, const CallContext& context, SubscriptionFilter& filter);
    Reply finish(const Call& call, Json result) const;

    // Constant after construction.
    const Registry& registry_;
    const ServerCard card_;
    const DispatcherOptions options_;
    const Catalogue catalogue_;
    const Seal state_seal_;
    const Clock& clock_;

    // Their own synchronisation.
    ChangeHub& changes_;
    IdSource& ids_;
    InFlight in_flight_;
    Tasks* const tasks_;
    std::shared_ptr<std::atomic<int>> subscriptions_;  // Shared with what counts in it.
};

}  // namespace rag::mcp
