#pragma once

#include <mutex>
#include <utility>

namespace rag {

/// A value that can be reached only while its lock is held. Keep `with` short, and never call out
/// of it into code that may take another lock.
template <class T>
class Guarded {
public:
    Guarded() = default;
    explicit Guarded(T value) : value_(std::move(value)) {}

    template <class F>
    decltype(auto) with(F&& use) {
        const std::scoped_lock lock(mutex_);
        return std::forward<F>(use)(value_);
    }

    template <class F>
    decltype(auto) with(F&& use) const {
        const std::scoped_lock lock(mutex_);
        return std::forward<F>(use)(static_cast<const T&>(value_));
    }

private:
    mutable std::mutex mutex_;
    T value_{};
};

}  // namespace rag
