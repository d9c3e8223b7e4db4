#pragma once

#include "mcp/outlet.hpp"

#include <atomic>
#include <mutex>

namespace rag::server {

/// Writes messages to a descriptor, one a line. Writers wait for each other; one that waits for a
/// reader that does not read is freed by give_up(). Safe for concurrent use.
class LineWriter final : public mcp::Outlet {
public:
    /// The descriptor must stay open as long as anybody writes.
    explicit LineWriter(int fd) : fd_(fd) {}

    bool send(const Json& message, mcp::Importance importance) override;
    bool is_broken() const { return broken_; }
    /// Nothing is written from now on.
    void give_up() { broken_ = true; }

private:
    bool write_all(const std::string& line);

    const int fd_;
    std::atomic<bool> broken_ = false;
    std::mutex writing_;  // Keeps lines whole.
};

}  // namespace rag::server
