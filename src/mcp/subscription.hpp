#pragma once

#include "mcp/call.hpp"
#include "mcp/change_hub.hpp"
#include "mcp/outlet.hpp"
#include "mcp/server_card.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace rag::mcp {

/// What a subscriptions/listen asked for, less what this server does not offer.
struct SubscriptionFilter {
    bool tools_list = false;
    bool prompts_list = false;
    bool resources_list = false;
    std::set<std::string> resources;
    std::set<std::string> tasks;  ///< Ids, as the client gave them.
};

/// Reads params.notifications. Throws RpcFailure{-32602} for anything of a wrong shape.
SubscriptionFilter read_subscription_filter(const Json& params, const ChangingLists& changing);

/// An open subscriptions/listen (2026-07-28, basic/patterns/subscriptions). Every message that it
/// sends carries the id of the listen request. Ends when its owner drops it. Safe for concurrent
/// use.
class Subscription final : public ChangeListener {
public:
    Subscription(RequestId id, SubscriptionFilter filter, std::shared_ptr<Outlet> outlet,
                 std::shared_ptr<void> place);

    /// The first message: what of the request is honoured. Changes before it are not told.
    void acknowledge();
    /// For a graceful end: the notification and the response that come last, in this order. Over
    /// HTTP the response alone is enough.
    Json cancelled_notification() const;
    Json final_response(const ServerCard& card) const;

    void list_changed(ListKind kind) override;
    void resource_updated(const std::string& uri) override;
    void task_changed(const std::string& id, const Json& task) override;

private:
    void tell(std::string_view method, Json params);
    /// REQUIRES: the lock is held.
    void send(std::string_view method, Json params);

    const RequestId id_;
    const SubscriptionFilter filter_;
    const std::shared_ptr<Outlet> outlet_;  // Shared with the stream that the endpoint keeps.
    const std::shared_ptr<void> place_;     // Counts this one among the open ones while it lives.

    std::mutex sending_;  // Held while sending, so that nothing overtakes the acknowledgement.
    bool acknowledged_ = false;
};

}  // namespace rag::mcp
