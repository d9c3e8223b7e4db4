#pragma once

#include <functional>
#include <stop_token>
#include <thread>

namespace rag {

/// SIGINT, SIGTERM and SIGHUP as one request to stop. Make it before any other thread, because
/// threads inherit the mask that keeps the signals for this one. One at a time in a process.
class SignalWatch final {
public:
    /// After the request the process has `grace` to end; then it ends at once, with 0: whatever was
    /// acknowledged is on disk by then, and nothing else is lost.
    explicit SignalWatch(std::chrono::milliseconds grace);
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

    std::stop_token token() const { return stop_.get_token(); }
    /// As if a signal had come.
    void request_stop() { stop_.request_stop(); }

private:
    void run(const std::stop_token& watch_over);

    const std::chrono::milliseconds grace_;
    std::stop_source stop_;
    std::jthread thread_;
};

}  // namespace rag
