#include "storage/token_row.hpp"

#include "rag/error.hpp"

namespace rag::storage {

std::string_view role_name(Role role) {
    switch (role) {
        case Role::reader: return "reader";
        case Role::writer: return "writer";
        case Role::admin: return "admin";
    }
    return "reader";
}

Role parse_stored_role(std::string_view name) {
    for (const Role role : {Role::reader, Role::writer, Role::admin}) {
        if (name == role_name(role)) {
            return role;
        }
    }
    throw Error(ErrorCode::corrupt, "A token in the database has a role that is none.");
}

void throw_token_exists(const std::string& name) {
    throw Error(ErrorCode::conflict, "A token named '" + name +
                                         "' exists already; take another name, or revoke it first "
                                         "with 'rag token revoke " +
                                         name + "'.");
}

void check_token_count(std::size_t present) {
    if (present >= TokenTable::tokens_max) {
        throw Error(ErrorCode::invalid_argument,
                    "There are " + std::to_string(present) +
                        " tokens, which is the most; revoke some with 'rag token revoke NAME'.");
    }
}

}  // namespace rag::storage
