#pragma once

#include "http/types.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace rag::server {

/// How many calls of one principal run at once, so that none takes all workers for itself. Safe for
/// concurrent use; places may outlive it.
class CallLimit final {
public:
    /// `calls_max` 0 lets every call pass.
    explicit CallLimit(std::size_t calls_max)
        : calls_max_(calls_max), running_(std::make_shared<Running>()) {}

    /// A place for a call, given back with its last copy; null when all are taken.
    std::shared_ptr<void> take(const std::string& principal);

    /// 429 with Retry-After.
    http::Response refuse() const;

private:
    struct Running {
        std::mutex mutex;
        std::map<std::string, std::size_t> calls;  // Of those that have any.
    };

    const std::size_t calls_max_;
    const std::shared_ptr<Running> running_;  // Shared with the places.
};

}  // namespace rag::server
