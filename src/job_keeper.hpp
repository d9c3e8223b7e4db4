#pragma once

#include "engine.hpp"

#include <stop_token>
#include <thread>

namespace rag {

/// Takes up jobs whose process has died, at the start and now and then, on a thread of its own.
class JobKeeper final {
public:
    /// `engine` must outlive this. The destructor asks running jobs to stop at their next page or
    /// file and waits for that.
    explicit JobKeeper(Engine& engine);

private:
    void run(const std::stop_token& stop);

    Engine& engine_;
    std::jthread thread_;
};

}  // namespace rag
