#include "mcp/legacy_client.hpp"

#include "mcp/jsonrpc.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rag::mcp {
namespace {

constexpr std::array<std::string_view, 8> level_names{"debug", "info",     "notice", "warning",
                                                      "error", "critical", "alert",  "emergency"};

constexpr std::size_t outlets_max = 8;

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view word) {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (level_names[i] == word) {
            return static_cast<LogLevel>(i);
        }
    }
    return std::nullopt;
}

std::string_view to_string(LogLevel level) {
    return level_names[static_cast<std::size_t>(level)];
}

LegacyClient::LegacyClient(Revision revision, const ClientCapabilities& capabilities) {
    agree(revision, capabilities);
}

void LegacyClient::agree(Revision revision, const ClientCapabilities& capabilities) {
    state_.with([&](State& state) {
        state.agreed = true;
        state.revision = revision;
        state.capabilities = capabilities;
    });
}

Revision LegacyClient::revision() const {
    return state_.with([](const State& state) { return state.revision; });
}

ClientCapabilities LegacyClient::capabilities() const {
    return state_.with([](const State& state) { return state.capabilities; });
}

void LegacyClient::set_log_level(LogLevel level) {
    state_.with([&](State& state) { state.log_level = level; });
}

LogLevel LegacyClient::log_level() const {
    return state_.with([](const State& state) { return state.log_level; });
}

bool LegacyClient::watch(const std::string& uri) {
    return state_.with([&](State& state) {
        if (state.watched.size() >= watched_resources_max && !state.watched.contains(uri)) {
            return false;
        }
        state.watched.insert(uri);
        return true;
    });
}

void LegacyClient::unwatch(const std::string& uri) {
    state_.with([&](State& state) { state.watched.erase(uri); });
}

void LegacyClient::add_outlet(std::weak_ptr<Outlet> outlet) {
    state_.with([&](State& state) {
        std::erase_if(state.outlets, [](const auto& one) { return one.expired(); });
        state.outlets.push_back(std::move(outlet));
        if (state.outlets.size() > outlets_max) {
            state.outlets.erase(state.outlets.begin());
        }
    });
}

bool LegacyClient::hears() const {
    return state_.with([](const State& state) {
        return state.agreed && std::any_of(state.outlets.begin(), state.outlets.end(),
                                           [](const auto& one) { return !one.expired(); });
    });
}

void LegacyClient::list_changed(ListKind kind) {
    if (!hears()) {
        return;
    }
    send(make_notification(list_changed_method(kind), Json::object()));
}

void LegacyClient::resource_updated(const std::string& uri) {
    if (state_.with([&](const State& state) { return state.watched.contains(uri); })) {
        send(make_notification("notifications/resources/updated", {{"uri", uri}}));
    }
}

void LegacyClient::send(const Json& message) {
    auto outlets = state_.with([](const State& state) { return state.outlets; });
    for (auto outlet = outlets.rbegin(); outlet != outlets.rend(); ++outlet) {
        const std::shared_ptr<Outlet> alive = outlet->lock();
        if (alive && alive->send(message, Importance::required)) {
            return;
        }
    }
}

}  // namespace rag::mcp
