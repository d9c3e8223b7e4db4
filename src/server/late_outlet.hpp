#pragma once

#include "base/guarded.hpp"
#include "mcp/outlet.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace rag::server {

/// Keeps messages until the stream that they belong on is open. Safe for concurrent use.
class LateOutlet final : public mcp::Outlet {
public:
    bool send(const Json& message, mcp::Importance importance) override;
    /// Sends what was kept, then passes on. To be called once.
    void connect(std::shared_ptr<mcp::Outlet> outlet);

private:
    struct State {
        std::vector<std::pair<Json, mcp::Importance>> kept;  // An acknowledgement, rarely more.
        std::shared_ptr<mcp::Outlet> outlet;                 // Shared with the stream's keeper.
    };

    Guarded<State> state_;
};

}  // namespace rag::server
