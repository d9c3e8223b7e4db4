#pragma once

#include "base/descriptor.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rag::browser {

/// A browser as a child process, spoken to over a pipe (descriptors 3 and 4 of the child, as
/// --remote-debugging-pipe has them). It leads a process group of its own, which the destructor
/// kills and reaps as a whole; it dies with the thread that made it, so that thread must own it.
/// Of the environment it gets next to nothing: no key, no password.
class BrowserProcess final {
public:
    /// Throws Error{unavailable} where the system refuses; a program that cannot be run ends at
    /// once.
    BrowserProcess(const std::string& program, const std::vector<std::string>& arguments,
                   const std::string& home);
    ~BrowserProcess();
    BrowserProcess(const BrowserProcess&) = delete;
    BrowserProcess& operator=(const BrowserProcess&) = delete;

    int commands() const { return commands_.get(); }      ///< A socket to be written; non-blocking.
    int messages() const { return messages_.get(); }      ///< To be read; non-blocking.
    int complaints() const { return complaints_.get(); }  ///< Its standard error; non-blocking.
    pid_t group() const { return group_; }

private:
    Descriptor commands_;
    Descriptor messages_;
    Descriptor complaints_;
    pid_t group_ = -1;
};

/// Memory that the processes of the group have for themselves alone (proc(5): resident less
/// shared).
std::int64_t private_bytes_of_group(pid_t group);

}  // namespace rag::browser
