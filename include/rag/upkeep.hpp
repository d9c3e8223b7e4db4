#pragma once

#include "rag/context.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace rag {

/// What may go. Documents, and the present version of each, never do.
struct Retention {
    /// Of each document so many former versions stay, whatever their age.
    std::int64_t versions_kept = 10;
    std::chrono::days version_age_max{90};
    /// Of jobs that have ended.
    std::chrono::days job_age_max{30};
};

enum class Removal {
    done,
    counted,  ///< Nothing is removed; the report says what would be.
};

struct RemovedRows {
    std::int64_t versions = 0;
    std::int64_t jobs = 0;
};

/// Keeps a store from growing by what nobody reads any more. The change feed and ended sessions are
/// kept short by whoever writes them. Implementations are safe for concurrent use.
class Upkeep {
public:
    virtual ~Upkeep() = default;

    /// In one transaction. Throws Error as Store does.
    virtual RemovedRows remove_old(const CallContext& context, const Retention& retention,
                                   Removal removal) = 0;
};

/// What a copy of a store holds, equal for two stores that hold the same.
struct StoreContents {
    std::int64_t schema_version = 0;
    std::int64_t collections = 0;
    std::int64_t documents = 0;
    std::int64_t versions = 0;
    std::int64_t chunks = 0;
    std::int64_t vectors = 0;
    std::string digest;  ///< SHA-256 over documents, versions, chunks and vectors, in hex.

    bool operator==(const StoreContents&) const = default;
};

struct BackupReport {
    std::string file;
    std::int64_t size_bytes = 0;
    StoreContents contents;
};

}  // namespace rag
