#include "base/roles.hpp"

#include <algorithm>
#include <array>

namespace rag {
namespace {

struct RoleEntry {
    Role role;
    std::string_view name;
    std::string_view scope;
};

/// From the narrowest to the broadest.
constexpr std::array<RoleEntry, 3> entries{{{Role::reader, "reader", "mcp:read"},
                                            {Role::writer, "writer", "mcp:write"},
                                            {Role::admin, "admin", "mcp:admin"}}};

const RoleEntry& entry_of(Role role) {
    return *std::find_if(entries.begin(), entries.end(),
                         [&](const RoleEntry& entry) { return entry.role == role; });
}

}  // namespace

std::string_view role_name(Role role) {
    return entry_of(role).name;
}

std::optional<Role> parse_role(std::string_view name) {
    for (const RoleEntry& entry : entries) {
        if (entry.name == name) {
            return entry.role;
        }
    }
    return std::nullopt;
}

std::string_view scope_of(Role role) {
    return entry_of(role).scope;
}

std::string scopes_up_to(Role role) {
    std::string scopes;
    for (const RoleEntry& entry : entries) {
        if (entry.role <= role) {
            scopes += (scopes.empty() ? "" : " ") + std::string(entry.scope);
        }
    }
    return scopes;
}

std::optional<Role> widest_role(const std::vector<std::string>& scopes) {
    std::optional<Role> widest;
    for (const RoleEntry& entry : entries) {
        if (std::find(scopes.begin(), scopes.end(), entry.scope) != scopes.end()) {
            widest = entry.role;
        }
    }
    return widest;
}

}  // namespace rag
