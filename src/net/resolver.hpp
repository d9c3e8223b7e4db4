#pragma once

#include "net/address_guard.hpp"
#include "rag/clock.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace rag::net {

/// Blocks for as long as the system's resolver does; empty when there is no such name.
using Lookup = std::function<std::vector<IpAddress>(const std::string& host)>;

std::vector<IpAddress> system_lookup(const std::string& host);

/// Looks names up on threads of its own, because the system's resolver can be neither interrupted
/// nor given a time: a caller leaves at its deadline, the lookup ends when it ends. The destructor
/// joins the threads, so it may take as long as the system's resolver. Safe for concurrent use.
class Resolver final {
public:
    explicit Resolver(Lookup lookup);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// Throws Error{unavailable, cancelled, deadline_exceeded}. A plain address is its own answer.
    std::vector<IpAddress> resolve(const std::string& host, const std::stop_token& stop,
                                   SteadyTime deadline);

private:
    struct Task;

    void work();

    Lookup lookup_;
    std::mutex mutex_;
    std::condition_variable wake_;          ///< Workers: there is a task, or it is over.
    std::condition_variable_any finished_;  ///< Callers: some task is done.
    std::deque<std::shared_ptr<Task>> tasks_;
    bool over_ = false;
    std::size_t idle_ = 0;
    std::vector<std::jthread> threads_;
};

}  // namespace rag::net
