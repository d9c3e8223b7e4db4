#include "base/process_status.hpp"

#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace rag {
namespace {

constexpr std::int64_t bytes_of_kb = 1024;

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessStatus read_process_status() {
    ProcessStatus status;
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
        const auto value = [&line](const char* name) -> std::int64_t {
            return line.starts_with(name)
                       ? std::strtoll(line.c_str() + std::string(name).size(), nullptr, 10)
                       : 0;
        };
        status.resident_bytes += value("VmRSS:") * bytes_of_kb;
        status.anonymous_bytes += value("RssAnon:") * bytes_of_kb;
        status.threads += value("Threads:");
    }
    return status;
}

std::int64_t count_open_files() {
    std::error_code error;
    std::filesystem::directory_iterator entries("/proc/self/fd", error);
    // One of them is the descriptor that reads the folder.
    return error ? 0 : std::distance(begin(entries), end(entries)) - 1;
}

double read_cpu_seconds() {
    rusage usage{};
    return getrusage(RUSAGE_SELF, &usage) == 0
               ? seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)
               : 0;
}

}  // namespace rag
