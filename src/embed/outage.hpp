#pragma once

#include "base/guarded.hpp"
#include "rag/clock.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace rag::embed {

/// That a service was given up, so that not every call waits for it anew: threads that wait for a
/// service which is down are missing for calls that need none. Safe for concurrent use.
class Outage {
public:
    /// `pause`: how long nobody asks after a failure; then one call does, and so on.
    explicit Outage(std::chrono::milliseconds pause) : pause_(pause) {}

    void begin(SteadyTime now, std::string failure);
    void end();

    /// Why the service must not be asked now; null when it may. After each pause it may once.
    std::optional<std::string> refusal(SteadyTime now);

private:
    struct State {
        std::optional<std::string> failure;
        SteadyTime asked_again_at;
    };

    const std::chrono::milliseconds pause_;
    Guarded<State> state_;
};

}  // namespace rag::embed
