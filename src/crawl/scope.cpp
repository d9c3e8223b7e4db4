#include "crawl/scope.hpp"

#include "crawl/robots.hpp"
#include "crawl/same_site.hpp"

#include <algorithm>

namespace rag::crawl {
namespace {

bool default_port(const Url& url) {
    return url.port == (url.scheme == "https" ? 443 : 80);
}

bool any_matches(const std::vector<std::string>& patterns, const std::string& path) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return glob_matches(pattern, path); });
}

}  // namespace

bool Scope::takes(const Url& url) const {
    return is_same_site(url) &&
           (include_patterns.empty() || any_matches(include_patterns, url.path)) &&
           !any_matches(exclude_patterns, url.path);
}

bool Scope::is_same_site(const Url& url) const {
    const bool same_port = url.port == root.port || (default_port(url) && default_port(root));
    return same_port && (url.host == root.host || site_of(url.host) == site_of(root.host));
}

}  // namespace rag::crawl
