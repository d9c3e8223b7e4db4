#pragma once

#include "base/guarded.hpp"
#include "mcp/outlet.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace rag::test {

/// Keeps what is sent.
class FakeOutlet final : public mcp::Outlet {
public:
    bool send(const Json& message, mcp::Importance) override {
        messages_.with([&](auto& messages) { messages.push_back(message); });
        if (on_send) {
            on_send(message);
        }
        return true;
    }
    std::vector<Json> take() {
        return messages_.with(
            [](auto& messages) { return std::exchange(messages, std::vector<Json>()); });
    }

    std::function<void(const Json&)> on_send;  ///< Set before use.

private:
    Guarded<std::vector<Json>> messages_;
};

}  // namespace rag::test
