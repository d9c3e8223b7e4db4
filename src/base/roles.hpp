#pragma once

#include "rag/context.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag {

/// "reader", "writer", "admin"
std::string_view role_name(Role role);
/// Null for a name that is none of these.
std::optional<Role> parse_role(std::string_view name);

/// The OAuth scope that gives a role: "mcp:read", "mcp:write", "mcp:admin". Each includes the
/// narrower ones.
std::string_view scope_of(Role role);
/// What to ask for so as to get the role: its scope and all narrower ones, separated by spaces, as
/// an issuer need not know that one includes the other.
std::string scopes_up_to(Role role);
/// The role of the broadest scope among these; null when none of them is ours.
std::optional<Role> widest_role(const std::vector<std::string>& scopes);

}  // namespace rag
