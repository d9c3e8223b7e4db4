#pragma once

#include <cstdint>

namespace rag {

/// Of this process, as Linux tells it (proc(5), /proc/self/status); 0 where it does not.
struct ProcessStatus {
    std::int64_t resident_bytes = 0;
    std::int64_t anonymous_bytes = 0;  ///< Of the resident ones, without a file behind them.
    std::int64_t threads = 0;
};

ProcessStatus read_process_status();

/// Open descriptors of this process; 0 where that cannot be known.
std::int64_t count_open_files();

/// User and system time of all threads.
double read_cpu_seconds();

}  // namespace rag
