#pragma once

#include "base/embedded.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace rag::storage {

/// One step of a schema, as it stands in a file NNNN_name.sql.
struct Migration {
    std::int64_t version = 0;
    std::string_view name;
    std::string_view sql;
};

/// The steps by version. They point into `files`. Throws Error{internal} for a file name of another
/// form and unless the versions are 1, 2, 3...
std::vector<Migration> read_migrations(const embedded::Files& files);

/// Throws Error{conflict} with a sentence when a store of this schema version is of a newer program
/// than this one, which knows versions up to `known`.
void refuse_newer(std::int64_t version, std::int64_t known);

}  // namespace rag::storage
