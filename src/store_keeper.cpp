#include "store_keeper.hpp"

#include "base/log.hpp"
#include "base/pause.hpp"

#include <chrono>

namespace rag {
namespace {

constexpr std::chrono::seconds look_pause{60};

}  // namespace

StoreKeeper::StoreKeeper(Engine& engine)
    : engine_(engine), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void StoreKeeper::run(const std::stop_token& stop) {
    for (;;) {
        pause_unless_stopped(stop, look_pause);
        if (stop.stop_requested()) {
            return;
        }
        CallContext context;
        context.stop = stop;
        context.request_id = "store-keeper";
        try {
            engine_.tend_store(context);
        } catch (const Error& error) {
            if (!stop.stop_requested()) {
                log::warn("the store could not be tended: {}", error.message());
            }
        }
    }
}

}  // namespace rag
