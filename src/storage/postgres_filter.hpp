#pragma once

#include "rag/metadata_filter.hpp"
#include "storage/postgres_connection.hpp"

#include <string>

namespace rag::storage {

/// A filter as SQL over a jsonb expression.
struct SqlFilter {
    std::string condition = "true";
    SqlParams params;   ///< For $N on, in order.
    bool exact = true;  ///< False: `condition` lets more through than `rag::matches` does.
};

/// `value` is the SQL of the metadata, `first` the number of the first free parameter.
SqlFilter compile_filter(const MetadataFilter& filter, const std::string& value, std::size_t first);

}  // namespace rag::storage
