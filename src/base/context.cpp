#include "rag/context.hpp"

#include "rag/error.hpp"

namespace rag {

void CallContext::check() const {
    if (stop.stop_requested()) {
        throw Error(ErrorCode::cancelled, "The call was cancelled.");
    }
    if (deadline != SteadyTime::max() && std::chrono::steady_clock::now() >= deadline) {
        throw Error(
            ErrorCode::deadline_exceeded,
            "The call ran out of time; ask for less, or try again when the server is idle.");
    }
}

std::chrono::milliseconds CallContext::time_left(std::chrono::milliseconds most) const {
    if (deadline == SteadyTime::max()) {
        return most;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    return std::clamp(left, std::chrono::milliseconds{0}, most);
}

}  // namespace rag
