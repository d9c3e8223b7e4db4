#include "mcp/change_hub.hpp"

#include <algorithm>
#include <utility>

namespace rag::mcp {

std::string_view list_changed_method(ListKind kind) {
    switch (kind) {
        case ListKind::tools: return "notifications/tools/list_changed";
        case ListKind::prompts: return "notifications/prompts/list_changed";
        case ListKind::resources: return "notifications/resources/list_changed";
    }
    return {};
}

void ChangeHub::list_changed(ListKind kind) {
    for (const auto& listener : living()) {
        listener->list_changed(kind);
    }
}

void ChangeHub::resource_updated(const std::string& uri) {
    for (const auto& listener : living()) {
        listener->resource_updated(uri);
    }
}

void ChangeHub::task_changed(const std::string& id, const Json& task) {
    for (const auto& listener : living()) {
        listener->task_changed(id, task);
    }
}

void ChangeHub::add(std::weak_ptr<ChangeListener> listener) {
    listeners_.with([&](auto& listeners) {
        std::erase_if(listeners, [](const auto& one) { return one.expired(); });
        listeners.push_back(std::move(listener));
    });
}

bool ChangeHub::is_watched() {
    const auto all = living();
    return std::any_of(all.begin(), all.end(), [](const auto& one) { return one->hears(); });
}

void ChangeHub::attend() {
    const std::scoped_lock lock(attending_);
    if (attendant_) {
        attendant_();
    }
}

void ChangeHub::set_attendant(std::function<void()> attendant) {
    const std::scoped_lock lock(attending_);
    attendant_ = std::move(attendant);
}

std::vector<std::shared_ptr<ChangeListener>> ChangeHub::living() {
    std::vector<std::shared_ptr<ChangeListener>> living;
    listeners_.with([&](auto& listeners) {
        for (const auto& listener : listeners) {
            if (auto alive = listener.lock()) {
                living.push_back(std::move(alive));
            }
        }
    });
    return living;
}

}  // namespace rag::mcp
