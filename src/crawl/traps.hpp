#pragma once

#include "base/url.hpp"

#include <map>
#include <string>

namespace rag::crawl {

/// The link without what only tells visitors apart: session ids and marks of advertising. Two
/// links to one page are one URL then.
Url without_visitor_marks(Url url);

/// Keeps a crawl out of places without end: calendars, facets that combine, paths that repeat
/// themselves. Used by one thread.
class Traps final {
public:
    /// False for a URL that leads ever deeper, or when enough of its kind were taken.
    bool take(const Url& url);

private:
    std::map<std::string, int> taken_;  ///< By kind.
};

}  // namespace rag::crawl
