#pragma once

#include "base/guarded.hpp"
#include "rag/document.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace rag::embed {

/// The vectors of the last questions, because people and agents ask the same thing again and each
/// answer of a service costs money and a fifth of a second. Bounded; what was used least recently
/// leaves first. Safe for concurrent use.
class QueryCache {
public:
    static constexpr std::size_t text_bytes_max = 4096;  ///< Longer questions are not kept.

    explicit QueryCache(std::size_t entries_max) : entries_max_(entries_max) {}

    std::optional<Vector> find(std::string_view text);
    void put(std::string_view text, const Vector& vector);
    std::size_t size() const;

private:
    using Entry = std::pair<const std::string, Vector>;
    struct State {
        std::list<Entry> entries;  ///< Used last comes first; owns the texts that `places` views.
        std::unordered_map<std::string_view, std::list<Entry>::iterator> places;
    };

    const std::size_t entries_max_;
    Guarded<State> state_;
};

}  // namespace rag::embed
