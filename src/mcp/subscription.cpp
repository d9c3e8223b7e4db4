#include "mcp/subscription.hpp"

#include "mcp/errors.hpp"
#include "mcp/modern.hpp"

#include <utility>

namespace rag::mcp {
namespace {

bool read_flag(const Json& notifications, const char* key) {
    const auto flag = notifications.find(key);
    if (flag == notifications.end()) {
        return false;
    }
    if (!flag->is_boolean()) {
        throw RpcFailure(code::invalid_params,
                         "params.notifications." + std::string(key) + " must be a boolean.");
    }
    return flag->get<bool>();
}

std::set<std::string> read_texts(const Json& notifications, const char* key) {
    std::set<std::string> texts;
    const auto given = notifications.find(key);
    if (given == notifications.end()) {
        return texts;
    }
    if (!given->is_array() || given->size() > watched_resources_max) {
        throw RpcFailure(code::invalid_params, "params.notifications." + std::string(key) +
                                                   " must be an array of at most " +
                                                   std::to_string(watched_resources_max) +
                                                   " strings.");
    }
    for (const Json& text : *given) {
        if (!text.is_string()) {
            throw RpcFailure(code::invalid_params,
                             "params.notifications." + std::string(key) + " must hold strings.");
        }
        texts.insert(text.get<std::string>());
    }
    return texts;
}

}  // namespace

SubscriptionFilter read_subscription_filter(const Json& params, const ChangingLists& changing) {
    const auto notifications = params.find("notifications");
    if (notifications == params.end() || !notifications->is_object()) {
        throw RpcFailure(code::invalid_params, "params.notifications must be an object.");
    }
    SubscriptionFilter filter;
    filter.tools_list = read_flag(*notifications, "toolsListChanged") && changing.tools;
    filter.prompts_list = read_flag(*notifications, "promptsListChanged") && changing.prompts;
    filter.resources_list = read_flag(*notifications, "resourcesListChanged") && changing.resources;
    filter.resources = read_texts(*notifications, "resourceSubscriptions");
    filter.tasks = read_texts(*notifications, "taskIds");
    return filter;
}

Subscription::Subscription(RequestId id, SubscriptionFilter filter, std::shared_ptr<Outlet> outlet,
                           std::shared_ptr<void> place)
    : id_(std::move(id)),
      filter_(std::move(filter)),
      outlet_(std::move(outlet)),
      place_(std::move(place)) {}

void Subscription::acknowledge() {
    Json honoured = Json::object();
    const std::pair<const char*, bool> flags[] = {{"toolsListChanged", filter_.tools_list},
                                                  {"promptsListChanged", filter_.prompts_list},
                                                  {"resourcesListChanged", filter_.resources_list}};
    for (const auto& [key, wanted] : flags) {
        if (wanted) {
            honoured[key] = true;
        }
    }
    if (!filter_.resources.empty()) {
        honoured["resourceSubscriptions"] = filter_.resources;
    }
    if (!filter_.tasks.empty()) {
        honoured["taskIds"] = filter_.tasks;
    }
    const std::scoped_lock lock(sending_);
    send("notifications/subscriptions/acknowledged", {{"notifications", std::move(honoured)}});
    acknowledged_ = true;
}

Json Subscription::cancelled_notification() const {
    return make_notification("notifications/cancelled",
                             {{"requestId", to_json(id_)},
                              {"reason", "The server ends the subscription."},
                              {"_meta", {{meta_key::subscription_id, to_json(id_)}}}});
}

Json Subscription::final_response(const ServerCard& card) const {
    Json result = {{"_meta", {{meta_key::subscription_id, to_json(id_)}}}};
    complete_modern_result(result, "subscriptions/listen", card);
    return make_response(id_, std::move(result));
}

void Subscription::list_changed(ListKind kind) {
    const bool wanted = (kind == ListKind::tools && filter_.tools_list) ||
                        (kind == ListKind::prompts && filter_.prompts_list) ||
                        (kind == ListKind::resources && filter_.resources_list);
    if (wanted) {
        tell(list_changed_method(kind), Json::object());
    }
}

void Subscription::resource_updated(const std::string& uri) {
    if (filter_.resources.contains(uri)) {
        tell("notifications/resources/updated", {{"uri", uri}});
    }
}

void Subscription::task_changed(const std::string& id, const Json& task) {
    if (filter_.tasks.contains(id)) {
        tell("notifications/tasks", task);
    }
}

void Subscription::tell(std::string_view method, Json params) {
    const std::scoped_lock lock(sending_);
    if (acknowledged_) {
        send(method, std::move(params));
    }
}

void Subscription::send(std::string_view method, Json params) {
    params["_meta"] = {{meta_key::subscription_id, to_json(id_)}};
    outlet_->send(make_notification(method, std::move(params)), Importance::required);
}

}  // namespace rag::mcp
