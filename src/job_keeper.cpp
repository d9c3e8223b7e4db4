#include "job_keeper.hpp"

#include "base/log.hpp"
#include "base/pause.hpp"

#include <chrono>

namespace rag {
namespace {

constexpr std::chrono::seconds first_look{2};
constexpr std::chrono::seconds look_pause{30};

}  // namespace

JobKeeper::JobKeeper(Engine& engine)
    : engine_(engine), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void JobKeeper::run(const std::stop_token& stop) {
    std::chrono::seconds pause = first_look;
    for (;;) {
        pause_unless_stopped(stop, pause);
        if (stop.stop_requested()) {
            return;
        }
        pause = look_pause;
        memory::Memory* memory = engine_.open_memory();
        if (memory == nullptr) {
            pause = first_look;
            continue;
        }
        CallContext context;
        context.stop = stop;
        context.request_id = "job-keeper";
        try {
            const std::int64_t ran = memory->resume_jobs(context);
            if (ran > 0) {
                log::info("{} jobs of ended processes were taken up and run", ran);
            }
        } catch (const Error& error) {
            log::warn("jobs of ended processes could not be taken up: {}", error.message());
        }
    }
}

}  // namespace rag
