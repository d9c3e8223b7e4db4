#pragma once

#include <sys/types.h>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::test {

struct ProcessOptions {
    std::vector<std::string> command;  ///< Path and arguments.
    /// The whole environment of the child, beside PATH and HOME of this process.
    std::map<std::string, std::string> environment;
    std::string working_dir;  ///< Empty: this process's.
    std::string error_file;   ///< Where standard error goes; empty: to ours.
};

/// A child process with pipes to its standard input and output. The destructor kills and reaps it.
/// Used by one thread, except that one other thread may read lines while this one writes.
class Process {
public:
    explicit Process(const ProcessOptions& options);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const { return pid_; }

    /// False when the child no longer reads.
    bool write(std::string_view bytes);
    void close_input();

    /// The next line of standard output without its newline; null at the end of the output. Throws
    /// std::runtime_error when none comes in time.
    std::optional<std::string> read_line(std::chrono::milliseconds timeout);

    void signal(int number);
    /// Exit status, 128 + signal when one ended it; null when it still runs after the time.
    std::optional<int> wait(std::chrono::milliseconds timeout);

private:
    pid_t pid_ = -1;
    int input_ = -1;
    int output_ = -1;
    std::string buffer_;
    std::optional<int> status_;
};

/// A field of a process's memory in kB, e.g. "VmHWM" or "VmRSS" (proc(5), /proc/pid/status); 0 when
/// there is no such process.
double memory_kb(pid_t pid, std::string_view field);

}  // namespace rag::test
