#include "signals.hpp"

#include "base/log.hpp"

#include <unistd.h>
#include <chrono>
#include <csignal>
#include <ctime>

namespace rag {
namespace {

constexpr std::chrono::milliseconds look_pause{50};

sigset_t stop_signals() {
    sigset_t set{};
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

}  // namespace

SignalWatch::SignalWatch(std::chrono::milliseconds grace) : grace_(grace) {
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    thread_ = std::jthread([this](const std::stop_token& watch_over) { run(watch_over); });
}

SignalWatch::~SignalWatch() = default;

void SignalWatch::run(const std::stop_token& watch_over) {
    const sigset_t set = stop_signals();
    const timespec pause{0, std::chrono::nanoseconds(look_pause).count()};
    while (!watch_over.stop_requested() && !stop_.stop_requested()) {
        const int number = sigtimedwait(&set, nullptr, &pause);
        if (number > 0) {
            log::info("stopping on signal {}", number);
            stop_.request_stop();
        }
    }
    const auto end = std::chrono::steady_clock::now() + grace_;
    while (!watch_over.stop_requested()) {
        if (std::chrono::steady_clock::now() >= end) {
            log::warn("work did not end within {} ms of the stop; ending without it",
                      grace_.count());
            _exit(0);
        }
        std::this_thread::sleep_for(look_pause);
    }
}

}  // namespace rag
