#pragma once

#include "rag/collection.hpp"
#include "rag/document.hpp"

namespace rag::storage {

/// That the chunk's embedding, if it has one, may be stored for collections of the space: it would
/// never be found otherwise, or be compared with vectors of another model. Throws
/// Error{invalid_argument} for other dimensions, Error{conflict} for another model.
void check_embedding(const NewChunk& chunk, const EmbeddingSpace& space);

}  // namespace rag::storage
