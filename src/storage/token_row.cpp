#include "storage/token_row.hpp"

#include "base/roles.hpp"
#include "rag/error.hpp"

namespace rag::storage {

Role parse_stored_role(std::string_view name) {
    if (const std::optional<Role> role = parse_role(name)) {
        return *role;
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
