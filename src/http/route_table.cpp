#include "http/route_table.hpp"

#include <algorithm>

namespace rag::http {
namespace {

/// How well the pattern fits: 0 not at all; an exact match beats every prefix.
std::size_t fit(const std::string& pattern, std::string_view path) {
    if (!pattern.ends_with("/*")) {
        return pattern == path ? std::string::npos : 0;
    }
    const std::string_view stem = std::string_view(pattern).substr(0, pattern.size() - 2);
    const bool below =
        path.starts_with(stem) && (path.size() == stem.size() || path[stem.size()] == '/');
    return below ? stem.size() + 1 : 0;
}

bool takes(const Route& route, std::string_view method) {
    return route.method == "*" || route.method == method;
}

void add_method(std::vector<std::string>& methods, const std::string& method) {
    if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
        methods.push_back(method);
    }
}

}  // namespace

RouteTable::Match RouteTable::find(std::string_view method, std::string_view path) const {
    std::size_t best_fit = 0;
    for (const Route& route : routes_) {
        best_fit = std::max(best_fit, fit(route.path, path));
    }
    if (best_fit == 0) {
        return {};
    }
    Match match;
    const Route* for_get = nullptr;
    std::vector<std::string> methods;
    for (const Route& route : routes_) {
        if (fit(route.path, path) != best_fit) {
            continue;
        }
        if (match.route == nullptr && takes(route, method)) {
            match.route = &route;
        }
        if (for_get == nullptr && takes(route, "GET")) {
            for_get = &route;
        }
        if (route.method != "*") {
            add_method(methods, route.method);
        }
    }
    if (match.route == nullptr && method == "HEAD") {
        match.route = for_get;
    }
    if (for_get != nullptr) {
        add_method(methods, "HEAD");
    }
    add_method(methods, "OPTIONS");
    for (const std::string& one : methods) {
        match.allow += (match.allow.empty() ? "" : ", ") + one;
    }
    return match;
}

}  // namespace rag::http
