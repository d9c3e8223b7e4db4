#pragma once

#include <chrono>
#include <string>

namespace rag {

/// Wall-clock time in UTC with the precision that the product stores and shows.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// Time for deadlines and delays; never goes backwards.
using SteadyTime = std::chrono::steady_clock::time_point;

/// The source of time, so that tests can own it. Implementations are safe for concurrent use.
class Clock {
public:
    virtual ~Clock() = default;

    virtual Timestamp now() const = 0;
    virtual SteadyTime steady_now() const = 0;
};

/// The source of randomness for identifiers. Implementations are safe for concurrent use.
class IdSource {
public:
    virtual ~IdSource() = default;

    /// A random UUID (RFC 9562, version 4) in its 36-character form.
    virtual std::string uuid() = 0;
};

}  // namespace rag
