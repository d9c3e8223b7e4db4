#pragma once

#include "http/types.hpp"
#include "rag/context.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace rag::server {

/// Who speaks: the authenticated caller of a request that has passed the gate.
using CallerOf = std::function<Caller(const http::Request&)>;

/// Refuses a request whose token does not give the role (403, OAuth's step-up), else null. The role
/// is null where any token will do.
using ScopeCheck = std::function<std::unique_ptr<http::Response>(const http::Request&,
                                                                 std::optional<Role> needed)>;

/// A place for a call of the request's sender, given back with its last copy; or the refusal.
struct CallPlace {
    std::shared_ptr<void> place;
    std::unique_ptr<http::Response> refusal;  ///< Null: there is a place.
};
using TakeCallPlace = std::function<CallPlace(const http::Request&)>;

/// What an endpoint asks about a request that has passed the gate. All but the first may be empty.
struct Door {
    CallerOf caller_of;
    ScopeCheck check_scope;
    TakeCallPlace take_place;
};

}  // namespace rag::server
