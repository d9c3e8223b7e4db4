#pragma once

#include "rag/collection.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rag {

struct MigrationStep {
    std::int64_t version = 0;
    std::string name;

    bool operator==(const MigrationStep&) const = default;
};

/// Where a store's schema stands and what this program would do to it.
struct MigrationPlan {
    std::string address;               ///< Path, or host and database; never a password.
    std::int64_t schema_version = 0;   ///< 0: there is no schema of ours yet.
    std::vector<MigrationStep> steps;  ///< By version; empty: nothing to do.
};

/// Of one kind of thing in a database that is taken over.
struct TakeOverCount {
    std::int64_t found = 0;
    std::int64_t taken_before = 0;
    std::int64_t taken = 0;  ///< Now; in a plan: that would be.
};

/// What a take-over of a reference database did, or would do.
struct TakeOverReport {
    std::string address;
    EmbeddingSpace space;  ///< Of the collections that are taken over.
    TakeOverCount collections;
    TakeOverCount documents;
    std::int64_t chunks = 0;         ///< Of the documents that are taken now.
    std::int64_t vectors_kept = 0;   ///< Copied as they are.
    std::int64_t vectors_made = 0;   ///< Made anew, because nobody knows the model of the old ones.
    std::vector<std::string> notes;  ///< Sentences for people.
};

}  // namespace rag
