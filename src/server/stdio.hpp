#pragma once

#include "base/workers.hpp"
#include "mcp/dispatcher.hpp"
#include "rag/context.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>

namespace rag::server {

/// Takes standard output away from everybody else: what any library prints goes to standard error
/// from now on, and the protocol alone has the true one. Make it first thing in a process that
/// serves stdio.
class PrivateStdout final {
public:
    /// Throws Error{internal} when the descriptors cannot be had.
    PrivateStdout();
    ~PrivateStdout();
    PrivateStdout(const PrivateStdout&) = delete;
    PrivateStdout& operator=(const PrivateStdout&) = delete;

    int fd() const { return fd_; }

private:
    int fd_ = -1;
};

struct StdioOptions {
    std::size_t line_bytes_max = 32 * 1024 * 1024;
    /// How long calls that run at the end of the input may take to finish.
    std::chrono::milliseconds drain{2000};
};

/// One MCP client on a pair of descriptors: one JSON message a line (MCP, transports, stdio). The
/// thread that serves reads; it answers what is instant itself and gives the rest to the pools.
class Stdio final {
public:
    /// The dispatcher and the pools must outlive this, and the pools must be stopped before the
    /// dispatcher goes: calls that outlast the drain are told to stop, but not waited for.
    Stdio(mcp::Dispatcher& dispatcher, Caller caller, Workers& calls, Workers& jobs,
          StdioOptions options = {});

    /// Serves until the input ends, the output breaks or a stop is requested; then lets what runs
    /// finish within the drain time. Both descriptors stay open. May be called once.
    void serve(int in, int out, const std::stop_token& stop);

private:
    mcp::Dispatcher& dispatcher_;
    const Caller caller_;
    Workers& calls_;
    Workers& jobs_;
    const StdioOptions options_;
};

}  // namespace rag::server
