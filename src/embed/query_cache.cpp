#include "embed/query_cache.hpp"

namespace rag::embed {

std::optional<Vector> QueryCache::find(std::string_view text) {
    return state_.with([&](State& state) -> std::optional<Vector> {
        const auto place = state.places.find(text);
        if (place == state.places.end()) {
            return std::nullopt;
        }
        state.entries.splice(state.entries.begin(), state.entries, place->second);
        return place->second->second;
    });
}

void QueryCache::put(std::string_view text, const Vector& vector) {
    if (text.size() > text_bytes_max || entries_max_ == 0) {
        return;
    }
    state_.with([&](State& state) {
        if (state.places.contains(text)) {
            return;
        }
        if (state.entries.size() >= entries_max_) {
            state.places.erase(state.entries.back().first);
            state.entries.pop_back();
        }
        state.entries.emplace_front(std::string(text), vector);
        state.places.emplace(state.entries.front().first, state.entries.begin());
    });
}

std::size_t QueryCache::size() const {
    return state_.with([](const State& state) { return state.entries.size(); });
}

}  // namespace rag::embed
