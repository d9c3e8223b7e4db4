#pragma once

#include "http/types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rag::http {

/// Finds the handler of a request. Constant after construction.
class RouteTable {
public:
    explicit RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {}

    struct Match {
        const Route* route = nullptr;  ///< Null: nothing for this method (or path).
        std::string allow;             ///< Methods that the path knows; empty: path unknown.
    };

    /// An exact path goes before a prefix, a longer prefix before a shorter. HEAD finds what GET
    /// finds when it has no route of its own.
    Match find(std::string_view method, std::string_view path) const;

private:
    std::vector<Route> routes_;
};

}  // namespace rag::http
