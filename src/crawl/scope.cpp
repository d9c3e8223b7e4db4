#include "crawl/scope.hpp"

#include "crawl/robots.hpp"

#include <algorithm>
#include <string_view>

namespace rag::crawl {
namespace {

std::string_view site_of(const Url& url) {
    const std::string_view host = url.host;
    return host.starts_with("www.") ? host.substr(4) : host;
}

bool default_port(const Url& url) {
    return url.port == (url.scheme == "https" ? 443 : 80);
}

bool any_matches(const std::vector<std::string>& patterns, const std::string& path) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return glob_matches(pattern, path); });
}

}  // namespace

bool Scope::takes(const Url& url) const {
    const bool same_port = url.port == root.port || (default_port(url) && default_port(root));
    return site_of(url) == site_of(root) && same_port &&
           (include_patterns.empty() || any_matches(include_patterns, url.path)) &&
           !any_matches(exclude_patterns, url.path);
}

}  // namespace rag::crawl
