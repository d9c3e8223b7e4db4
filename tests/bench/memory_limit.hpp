#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rag::bench {

/// A control group of this program's own that limits the memory of the processes in it, page cache
/// included, as a small machine does (cgroups(7), version 1 or 2). Not to be had without the right
/// to make one; then it limits nothing and says so.
class MemoryLimit {
public:
    explicit MemoryLimit(std::int64_t bytes);
    ~MemoryLimit();
    MemoryLimit(const MemoryLimit&) = delete;
    MemoryLimit& operator=(const MemoryLimit&) = delete;

    bool holds() const { return !folder_.empty(); }
    /// Words before a command that put it into the group; none when nothing is limited.
    std::vector<std::string> launcher() const;

private:
    std::string folder_;
};

}  // namespace rag::bench
