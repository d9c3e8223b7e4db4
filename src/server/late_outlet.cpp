#include "server/late_outlet.hpp"

namespace rag::server {

bool LateOutlet::send(const Json& message, mcp::Importance importance) {
    // Sent under the lock: that keeps the order, and an outlet neither blocks nor calls back.
    return state_.with([&](State& state) {
        if (state.outlet) {
            return state.outlet->send(message, importance);
        }
        state.kept.emplace_back(message, importance);
        return true;
    });
}

void LateOutlet::connect(std::shared_ptr<mcp::Outlet> outlet) {
    state_.with([&](State& state) {
        for (const auto& [message, importance] : state.kept) {
            outlet->send(message, importance);
        }
        state.kept.clear();
        state.outlet = std::move(outlet);
    });
}

}  // namespace rag::server
