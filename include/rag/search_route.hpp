#pragma once

#include "rag/clock.hpp"

#include <optional>

namespace rag {

/// What finds the candidates of a search.
enum class SearchPath {
    store,     ///< The database, because nothing stands before it.
    fallback,  ///< The database, in place of a copy that is not there yet or leaves this out.
    scan,      ///< The copy in this process, every vector compared.
    graph,     ///< The copy in this process, by its graph where that is quicker.
};

struct SearchRoute {
    SearchPath path = SearchPath::store;
    /// Since when the copy has not heard from the database; null while it follows, and where no
    /// copy answers.
    std::optional<Timestamp> cut_off_since;
};

}  // namespace rag
