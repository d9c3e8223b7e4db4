#pragma once

#include "engine.hpp"

#include <stop_token>
#include <thread>

namespace rag {

/// Does for the store, once a minute on a thread of its own, what makes it faster and nobody waits
/// for.
class StoreKeeper final {
public:
    /// The engine must outlive this.
    explicit StoreKeeper(Engine& engine);

private:
    void run(const std::stop_token& stop);

    Engine& engine_;
    std::jthread thread_;
};

}  // namespace rag
