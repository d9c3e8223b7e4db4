#pragma once

#include "support/running_server.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace rag::bench {

/// The value that so large a share of the values does not exceed; of at least one.
double percentile(std::vector<double> values, double share);

/// The value of a line of /metrics without labels; 0 where there is none.
double read_gauge(const test::RunningServer& server, const std::string& name);

/// Waits until the server's copy holds so many chunks (1 in 100 may be missing: of real files some
/// are alike, and are stored once) and, where there are enough for one, has a graph: the state that
/// a server is in for nearly all of its life. False when that takes too long.
bool await_rest(const test::RunningServer& server, std::int64_t chunks, std::chrono::seconds most);

}  // namespace rag::bench
