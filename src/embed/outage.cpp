#include "embed/outage.hpp"

#include <utility>

namespace rag::embed {

void Outage::begin(SteadyTime now, std::string failure) {
    state_.with([&](State& state) {
        state.failure = std::move(failure);
        state.asked_again_at = now + pause_;
    });
}

void Outage::end() {
    state_.with([](State& state) { state.failure.reset(); });
}

std::optional<std::string> Outage::refusal(SteadyTime now) {
    return state_.with([&](State& state) -> std::optional<std::string> {
        if (state.failure && now >= state.asked_again_at) {
            state.asked_again_at = now + pause_;
            return std::nullopt;
        }
        return state.failure;
    });
}

}  // namespace rag::embed
