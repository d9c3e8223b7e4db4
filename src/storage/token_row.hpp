#pragma once

#include "rag/token_table.hpp"

#include <string>
#include <string_view>

/// What both tables of tokens have in common.
namespace rag::storage {

/// Throws Error{corrupt} for a text that names no role.
Role parse_stored_role(std::string_view name);

[[noreturn]] void throw_token_exists(const std::string& name);
/// Throws Error{invalid_argument} when one more would be too many.
void check_token_count(std::size_t present);

}  // namespace rag::storage
