#pragma once

#include "rag/clock.hpp"
#include "rag/context.hpp"
#include "rag/upkeep.hpp"

#include <string>

namespace rag::storage {

/// Copies the database of `path` as it stands at one moment, while others go on reading and
/// writing, into a file that must not be there yet; it appears whole, synced and compared with its
/// source, or not at all (mode 0600). Throws Error: `invalid_argument` when the file is there
/// already, `not_found` when there is no database, `corrupt` when the copy is not equal.
BackupReport back_up_sqlite(const CallContext& context, const std::string& path,
                            const std::string& file);

/// Puts a backup into the place of an empty store (or of none): whole and compared, or not at all.
/// Servers that have the store open take up the new content, which gets an epoch of its own.
/// Backups of an older schema are migrated. Throws Error: `conflict` for a store that holds
/// something and for a backup of a newer schema or another program, `not_found` and `corrupt` for
/// a file that is none.
BackupReport restore_sqlite(const CallContext& context, const std::string& file,
                            const std::string& path);

}  // namespace rag::storage
