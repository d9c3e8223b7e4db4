#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace rag::http {

/// How many bytes of request bodies the process holds at once. Safe for concurrent use.
class BodyBudget {
public:
    explicit BodyBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    bool try_take(std::size_t bytes) {
        std::size_t used = used_.load(std::memory_order_relaxed);
        do {
            if (bytes > bytes_max_ - used) {
                return false;
            }
        } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
        return true;
    }
    void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
    std::size_t used() const { return used_.load(std::memory_order_relaxed); }

private:
    const std::size_t bytes_max_;
    std::atomic<std::size_t> used_{0};
};

/// One body's part of the budget; grows as bytes arrive and is given back with the body.
class BodyShare {
public:
    explicit BodyShare(std::shared_ptr<BodyBudget> budget) : budget_(std::move(budget)) {}
    ~BodyShare() {
        if (budget_) {
            budget_->give_back(bytes_);
        }
    }
    BodyShare(BodyShare&& other) noexcept
        : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}
    BodyShare(const BodyShare&) = delete;
    BodyShare& operator=(const BodyShare&) = delete;
    BodyShare& operator=(BodyShare&&) = delete;

    bool grow(std::size_t bytes) {
        if (!budget_->try_take(bytes)) {
            return false;
        }
        bytes_ += bytes;
        return true;
    }

private:
    std::shared_ptr<BodyBudget> budget_;
    std::size_t bytes_ = 0;
};

}  // namespace rag::http
