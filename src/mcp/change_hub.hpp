#pragma once

#include "base/guarded.hpp"
#include "base/json.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace rag::mcp {

enum class ListKind { tools, prompts, resources };

/// "notifications/resources/list_changed"
std::string_view list_changed_method(ListKind kind);

/// Hears of changes. Called from any thread; must not block for long and must not throw.
class ChangeListener {
public:
    virtual ~ChangeListener() = default;

    /// Whether what is told reaches anybody now; while it is so for no listener, nobody looks for
    /// changes.
    virtual bool hears() const { return true; }
    virtual void list_changed(ListKind kind) = 0;
    virtual void resource_updated(const std::string& uri) = 0;
    /// `task` is the params object of notifications/tasks.
    virtual void task_changed(const std::string&, const Json&) {}
};

/// Where the parts that change things tell those who watch. Safe for concurrent use.
class ChangeHub {
public:
    void list_changed(ListKind kind);
    void resource_updated(const std::string& uri);
    void task_changed(const std::string& id, const Json& task);

    /// Until the listener's owner drops it.
    void add(std::weak_ptr<ChangeListener> listener);

    /// Whether anybody would hear of a change.
    bool is_watched();

    /// To be called before a client is promised that it will hear: changes that are committed after
    /// this has returned are found, whoever makes them. May take as long as a query.
    void attend();
    /// What attend() does, one call at a time; must not throw. Empty: nothing. Returns when no call
    /// of the former one is running.
    void set_attendant(std::function<void()> attendant);

private:
    std::vector<std::shared_ptr<ChangeListener>> living();

    Guarded<std::vector<std::weak_ptr<ChangeListener>>> listeners_;

    std::mutex attending_;  // Held while the attendant runs.
    std::function<void()> attendant_;
};

}  // namespace rag::mcp
