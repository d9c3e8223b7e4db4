#pragma once

#include "base/url.hpp"

#include <string>
#include <vector>

namespace rag::crawl {

/// Which links of a crawl count.
struct Scope {
    Url root;
    std::vector<std::string> include_patterns;  ///< Globs on the path; empty takes all.
    std::vector<std::string> exclude_patterns;

    /// Same site and a path that the patterns take.
    bool takes(const Url& url) const;
    /// The registrable domain, and the port as the scheme has it.
    bool is_same_site(const Url& url) const;
};

}  // namespace rag::crawl
